const totals = new Map<string, number>();
const { orders } = await tools.listOrders({ page_size: 100 });
for (const o of orders as Array<{ status: string; total: number }>) {
  totals.set(o.status, (totals.get(o.status) ?? 0) + o.total);
}
const best: [string, number] = [...totals.entries()].sort((a, b) => b[1] - a[1])[0];
best[0];
