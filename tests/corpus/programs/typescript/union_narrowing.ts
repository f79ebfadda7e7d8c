type Result<T> = { ok: true; value: T } | { ok: false; error: string };

async function attempt<T>(fn: () => Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await fn() };
  } catch (e) {
    return { ok: false, error: (e as Error).message };
  }
}
const results = await Promise.all([
  attempt(() => tools.getOrder({ order_id: "A-1001" })),
  attempt(() => tools.getOrder({ order_id: "nope" })),
]);
results.map((r) => (r.ok ? r.value.id : r.error.includes("nope")));
