const { orders } = await tools.listOrders({ page_size: 2 });
orders.map((o) => ({ id: o.id, at: new Date(o.placed_at) }));
