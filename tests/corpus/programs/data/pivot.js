const { orders } = await tools.listOrders({ page_size: 100 });
const pivot = {};
for (const { placed_at, status } of orders) {
  const month = placed_at.slice(0, 7);
  pivot[month] ??= {};
  pivot[month][status] = (pivot[month][status] ?? 0) + 1;
}
pivot;
