const order = await tools.getOrder({ order_id: "A-1001" });
new Date(order.placed_at);
