const msPerDay = 24 * 60 * 60 * 1000;
const { orders } = await tools.listOrders({ status: "late", page_size: 10 });
const today = new Date("2024-04-10T00:00:00Z");
orders.map(o => ({ id: o.id, days: Math.floor((today - new Date(o.placed_at)) / msPerDay) }));
