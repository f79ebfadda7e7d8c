interface Summary { total: number; count: number }

async function main(): Promise<Summary> {
  const { orders }: { orders: { total: number }[] } = await tools.listOrders({ status: "paid" });
  const total: number = orders.reduce((s, o) => s + o.total, 0);
  return { total: Math.round(total * 100) / 100, count: orders.length };
}

await main();
