const ids = Array.from({ length: 10 }, (_, i) => `A-${1001 + i}`);
const batchSize = 3;
let sum = 0;
for (let i = 0; i < ids.length; i += batchSize) {
  const batch = ids.slice(i, i + batchSize);
  const orders = await Promise.all(batch.map(order_id => tools.getOrder({ order_id })));
  const batchSum = orders.reduce((s, o) => s + o.total, 0);
  console.log(`Batch ${i / batchSize + 1}: ${batchSum.toFixed(2)}`);
  sum += batchSum;
}
sum.toFixed(2);
