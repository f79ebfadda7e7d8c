const makeCache = () => {
  const cache = new Map();
  return async (id) => {
    if (!cache.has(id)) cache.set(id, await tools.getCustomer({ customer_id: id }));
    return { name: cache.get(id).name, size: cache.size };
  };
};
const customer = makeCache();
await customer("C-1");
