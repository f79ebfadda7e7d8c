// Around the change to summer time, 2024-03-31 01:00 UTC
const times = ["2024-03-31T00:59:00Z", "2024-03-31T01:30:00Z"];
times.map((t) => new Date(t).toLocaleTimeString("de-DE", { timeZone: "Europe/Berlin", hour: "2-digit", minute: "2-digit" }));
