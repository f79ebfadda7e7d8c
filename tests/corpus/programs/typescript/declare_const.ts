declare const tools: {
  getOrder(args: { order_id: string }): Promise<{ id: string; total: number }>;
};
const { total } = await tools.getOrder({ order_id: "A-1002" });
total;
