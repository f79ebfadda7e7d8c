const { orders } = await tools.listOrders({ page_size: 100 });
const revenue = orders
  .filter(o => o.status === "paid")
  .flatMap(o => o.items)
  .reduce((map, { sku, qty, unit_price }) => map.set(sku, (map.get(sku) || 0) + qty * unit_price), new Map());
const sorted = new Map([...revenue.entries()].sort((a, b) => b[1] - a[1]));
Object.fromEntries([...sorted].map(([k, v]) => [k, +v.toFixed(2)]));
