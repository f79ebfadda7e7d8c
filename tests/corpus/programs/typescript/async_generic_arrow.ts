const timed = async <T>(label: string, fn: () => Promise<T>): Promise<{ label: string; value: T }> => {
  const value: T = await fn();
  return { label, value };
};
const { label, value } = await timed<number>("orders", async () => (await tools.listOrders({})).total_count);
`${label}=${value}`;
