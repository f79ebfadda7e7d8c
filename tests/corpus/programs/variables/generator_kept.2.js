const second = gen.next().value;
const order = await tools.getOrder({ order_id: second });
order.status;
