// Now use the orders fetched above
const lateOrders = orders.filter(o => o.status === "late");
lateOrders.map(o => o.id);
