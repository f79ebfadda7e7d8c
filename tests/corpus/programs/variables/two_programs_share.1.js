const { orders } = await tools.listOrders({ page_size: 100 });
orders.length;
