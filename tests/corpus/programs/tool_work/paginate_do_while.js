async function fetchAll(status) {
  let out = [];
  let page = 1;
  let res;
  do {
    res = await tools.listOrders({ status: status, page: page, page_size: 2 });
    out = out.concat(res.orders);
    page = res.next_page;
  } while (page);
  return out;
}

const paid = await fetchAll("paid");
const late = await fetchAll("late");
JSON.stringify({ paid: paid.length, late: late.length });
