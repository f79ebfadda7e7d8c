async function* pages(status) {
  let page = 1;
  do {
    const { orders, next_page } = await tools.listOrders({ status, page, page_size: 2 });
    yield orders;
    page = next_page;
  } while (page);
}
const sizes = [];
for await (const orders of pages("paid")) sizes.push(orders.length);
sizes;
