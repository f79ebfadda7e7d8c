let best!: { sku: string; qty: number };
const items: { sku: string; qty: number }[] = (await tools.getOrder({ order_id: "A-1010" })).items;
for (const item of items) {
  if (best === undefined || item.qty > best.qty) best = item;
}
best.sku;
