const { orders } = await tools.listOrders({ page_size: 100 });
const late = orders.filter(o => o.status === 'late');
{
  summary: { count: late.length, ids: late.map((o) => { return o.id; }) },
  text: `late: ${late.length}`,
  'first order': late[0]?.id ?? null,
}
