const { getOrder, getCustomer } = tools;
const order = await getOrder({ order_id: "A-1006" });
const customer = await getCustomer({ customer_id: order.customer_id });
console.log(customer.name + " ordered " + order.items.map(i => i.sku).join(", "));
