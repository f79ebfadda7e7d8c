// sv-SE gives ISO-like dates
const d = new Date("2024-02-29T23:30:00Z");
[d.toLocaleDateString("sv-SE", { timeZone: "Europe/Stockholm" }), d.toLocaleDateString("en-CA", { timeZone: "America/Los_Angeles" })];
