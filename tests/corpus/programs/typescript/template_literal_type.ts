type OrderId = `A-${number}`;
const id: OrderId = "A-1001";
const keyed: { [K in "id" as `order_${K}`]: string } = { order_id: id };
(await tools.getOrder(keyed)).status;
