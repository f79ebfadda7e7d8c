const result = await (async () => {
  const order = await tools.getOrder({ order_id: "A-1004" });
  const customer = await tools.getCustomer({ customer_id: order.customer_id });
  return { order: order.id, name: customer.name };
})();
result
