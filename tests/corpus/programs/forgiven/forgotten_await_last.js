const order = tools.getOrder({ order_id: "A-1001" });
order
