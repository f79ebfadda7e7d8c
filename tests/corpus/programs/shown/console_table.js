const { orders } = await tools.listOrders({ status: "late", page_size: 2 });
console.table(orders.map(({ id, total }) => ({ id, total })));
