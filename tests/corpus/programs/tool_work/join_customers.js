const { orders } = await tools.listOrders({ page_size: 100 });
const customerIds = [...new Set(orders.map((o) => o.customer_id))];
const customers = await Promise.all(customerIds.map((id) => tools.getCustomer({ customer_id: id })));
const byId = Object.fromEntries(customers.map((c) => [c.id, c]));

const report = orders
  .filter((o) => o.status !== "cancelled")
  .map((o) => ({ order: o.id, customer: byId[o.customer_id].name, total: o.total }))
  .sort((a, b) => b.total - a.total)
  .slice(0, 3);
report;
