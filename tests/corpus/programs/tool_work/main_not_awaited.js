async function main() {
  const order = await tools.getOrder({ order_id: "A-1001" });
  return { id: order.id, lines: order.items.length };
}
main();
