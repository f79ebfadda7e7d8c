const { orders } = await tools.listOrders({ page_size: 100 });
const sum = orders.reduce((s, o) => s + o.total, 0).toFixed(2);
const n = orders.length;
{ sum, n }
