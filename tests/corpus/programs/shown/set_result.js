const { orders } = await tools.listOrders({ page_size: 100 });
new Set(orders.flatMap((o) => o.items.map((i) => i.sku)));
