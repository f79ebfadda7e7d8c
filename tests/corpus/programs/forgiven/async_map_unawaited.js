const ids = ["C-1", "C-2"];
const names = ids.map(async (id) => (await tools.getCustomer({ customer_id: id })).name);
await Promise.all(names);
