const d = new Date(Date.UTC(2024, 7, 14));
d.toLocaleDateString("fr-FR", { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
