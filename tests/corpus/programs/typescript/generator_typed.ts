async function* paginate(status?: string): AsyncGenerator<{ id: string }, void, unknown> {
  let page: number | null = 1;
  while (page !== null) {
    const res: { orders: { id: string }[]; next_page: number | null } = await tools.listOrders({ status, page });
    yield* res.orders;
    page = res.next_page;
  }
}
let n = 0;
for await (const _ of paginate()) n++;
n;
