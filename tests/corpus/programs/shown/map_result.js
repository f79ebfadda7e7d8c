const { orders } = await tools.listOrders({ page_size: 100 });
const counts = new Map();
orders.forEach(o => counts.set(o.status, (counts.get(o.status) || 0) + 1));
counts;
