const { orders } = await tools.listOrders({ status: "paid", page_size: 10 });
const totals = orders.map((o) => o.total);

{
  count: totals.length,
  max: Math.max(...totals),
  ids: orders.map((o) => o.id),
}
