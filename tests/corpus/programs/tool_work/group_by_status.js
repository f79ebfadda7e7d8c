const { orders } = await tools.listOrders({ page: 1, page_size: 100 });

// Group orders by status
const grouped = orders.reduce((acc, order) => {
  (acc[order.status] ||= []).push(order.id);
  return acc;
}, {});

grouped;
