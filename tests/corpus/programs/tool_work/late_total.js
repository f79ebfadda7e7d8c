// Fetch every order that is late and compute the total outstanding amount
const { orders } = await tools.listOrders({ status: "late", page_size: 50 });
const total = orders.reduce((sum, o) => sum + o.total, 0);
({ count: orders.length, total: Number(total.toFixed(2)) });
