const { placed_at } = await tools.getOrder({ order_id: "A-1005" });
const inNewYork = new Date(placed_at).toLocaleString("en-US", {
  timeZone: "America/New_York",
  dateStyle: "medium",
  timeStyle: "short",
});
inNewYork.replace(/\u202f/g, " ");
