const parts = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Tokyo", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
}).formatToParts(new Date("2024-04-05T16:20:00Z"));
const get = (type) => parts.find((p) => p.type === type).value;
`${get("year")}-${get("month")}-${get("day")} ${get("hour")}:${get("minute")}`;
