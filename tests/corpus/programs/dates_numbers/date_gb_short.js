[new Date("2024-01-05T12:00:00Z"), new Date("2024-12-25T12:00:00Z")].map((d) => d.toLocaleDateString("en-GB", { timeZone: "UTC" }));
