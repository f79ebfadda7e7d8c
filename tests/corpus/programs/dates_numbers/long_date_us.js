const order = await tools.getOrder({ order_id: "A-1004" });
const date = new Date(order.placed_at);
const options = { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric', timeZone: 'UTC' };
date.toLocaleDateString('en-US', options);
