function groupBy<T, K extends string | number>(items: T[], key: (item: T) => K): Record<K, T[]> {
  return items.reduce((acc, item) => {
    const k = key(item);
    (acc[k] ??= []).push(item);
    return acc;
  }, {} as Record<K, T[]>);
}
const { orders } = await tools.listOrders({ page_size: 100 });
const grouped = groupBy(orders, (o: any) => o.customer_id);
Object.fromEntries(Object.entries(grouped).map(([k, v]) => [k, (v as any[]).length]));
