// Walk through all pages
const all = [];
let page = 1;
while (page !== null) {
  const result = await tools.listOrders({ page });
  all.push(...result.orders);
  page = result.next_page;
}
console.log(`Fetched ${all.length} orders`);
all.map(o => o.id);
