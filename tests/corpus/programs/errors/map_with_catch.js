const ids = ["A-1001", "bad", "A-1002"];
const totals = await Promise.all(
  ids.map(id => tools.getOrder({ order_id: id }).then(o => o.total).catch(() => 0))
);
console.log("Total:", totals.reduce((a, b) => a + b, 0));
