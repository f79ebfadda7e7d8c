// 获取订单并打印
const order = await tools.getOrder({ order_id: "A-1003" });
console.log(JSON.stringify(order, null, 2));
