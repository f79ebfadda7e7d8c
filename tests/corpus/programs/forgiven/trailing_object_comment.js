const { orders } = await tools.listOrders({ status: "open" });
const ids = orders.map((o) => o.id);
{ ids, n: ids.length } // the summary
