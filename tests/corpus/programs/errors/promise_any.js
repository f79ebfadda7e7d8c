const first = await Promise.any([
  tools.getOrder({ order_id: "zzz" }),
  tools.getOrder({ order_id: "A-1002" }),
]);
first.id;
