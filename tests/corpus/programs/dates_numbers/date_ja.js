const d = new Date("2024-03-10T07:15:00Z");
d.toLocaleDateString("ja-JP", { year: "numeric", month: "long", day: "numeric", timeZone: "Asia/Tokyo" });
