const { orders } = await tools.listOrders({ status: "open" });
const sum = orders.reduce((s, o) => s + o.total, 0);
return { sum: +sum.toFixed(2), n: orders.length };
