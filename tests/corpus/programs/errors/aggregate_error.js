try {
  await Promise.any([tools.getOrder({ order_id: "x" }), tools.getOrder({ order_id: "y" })]);
} catch (e) {
  var summary = { name: e.name, n: e.errors.length, all: e.errors.every((x) => x instanceof Error) };
}
summary;
