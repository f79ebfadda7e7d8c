export interface Totals { [status: string]: number }

export async function totals(): Promise<Totals> {
  const out: Totals = {};
  for (const o of (await tools.listOrders({ page_size: 100 })).orders) {
    out[o.status] = (out[o.status] ?? 0) + 1;
  }
  return out;
}

await totals();
