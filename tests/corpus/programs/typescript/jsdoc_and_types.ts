/**
 * 计算订单总额 (sum of an order)
 * @param items the lines
 */
function sumLines(items: { qty: number; unit_price: number }[]): number {
  return items.reduce((acc: number, { qty, unit_price }: { qty: number; unit_price: number }) => acc + qty * unit_price, 0);
}
const o = await tools.getOrder({ order_id: "A-1009" });
sumLines(o.items).toFixed(1);
