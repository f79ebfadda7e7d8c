const gold = new Set(["C-1", "C-3"]);
const { orders } = await tools.listOrders({ status: "late", page_size: 10 });
const late = new Set(orders.map((o) => o.customer_id));
({
  both: [...gold.intersection(late)],
  either: [...gold.union(late)].sort(),
  onlyGold: [...gold.difference(late)],
  subset: new Set(["C-1"]).isSubsetOf(gold),
});
