const customerOrders = new Map();
const response = await tools.listOrders({ page_size: 20 });
for (const order of response.orders) {
  if (!customerOrders.has(order.customer_id)) {
    customerOrders.set(order.customer_id, { count: 0, spent: 0 });
  }
  const entry = customerOrders.get(order.customer_id);
  entry.count += 1;
  entry.spent += order.total;
}
const top = [...customerOrders.entries()].sort(([, a], [, b]) => b.spent - a.spent)[0];
`${top[0]} spent ${top[1].spent.toFixed(2)} in ${top[1].count} orders`;
