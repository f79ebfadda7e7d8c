async function loadOrder(id) {
  try {
    return await tools.getOrder({ order_id: id });
  } catch (cause) {
    throw new Error(`Could not load order ${id}`, { cause });
  }
}
let info;
try {
  await loadOrder("X-1");
} catch (e) {
  info = { message: e.message, cause: e.cause?.message?.includes("No order with id X-1") };
}
info;
