enum Status {
  Open = "open",
  Paid = "paid",
  Late = "late",
}
const counts: Record<Status, number> = { [Status.Open]: 0, [Status.Paid]: 0, [Status.Late]: 0 };
for (const status of Object.values(Status)) {
  counts[status] = (await tools.listOrders({ status })).total_count;
}
counts;
