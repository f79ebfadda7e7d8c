const ids = ["A-1001", "A-1002"];
const orders = await Promise.all(ids.map((id) => tools.getOrder({ order_id: id })));
orders.forEach(async (o) => { console.log(o.id); });
