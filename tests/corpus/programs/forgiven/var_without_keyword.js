total = 0;
for (id of ["A-1001", "A-1003"]) {
  o = await tools.getOrder({ order_id: id });
  total += o.total;
}
total.toFixed(1)
