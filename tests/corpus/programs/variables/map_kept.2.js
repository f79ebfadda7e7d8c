seen.set("A-1002", new Date("2024-01-20T00:00:00Z"));
[...seen].map(([id, d]) => `${id}@${d.toISOString().slice(0, 10)}`);
