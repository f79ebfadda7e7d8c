var seen = new Map();
seen.set("A-1001", new Date("2024-01-15T00:00:00Z"));
