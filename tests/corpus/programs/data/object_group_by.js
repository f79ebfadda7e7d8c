const { orders } = await tools.listOrders({ page_size: 100 });
const byStatus = Object.groupBy(orders, (o) => o.status);
Object.entries(byStatus).map(([status, list]) => ({ status, n: list.length }));
