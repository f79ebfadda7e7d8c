function validate(order) {
  const errors = [];
  if (!order.id) errors.push('id is required');
  if (order.total <= 0) errors.push('total must be positive');
  if (errors.length) throw new TypeError(errors.join('; '));
  return true;
}
try {
  validate({ total: -1 });
} catch (err) {
  console.log(`${err.name} -> ${err.message}`);
}
