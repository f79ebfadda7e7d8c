const [first, ...others] = await tools.searchCustomers({ query: "a" });
const { name, address: { city = "?" } = {} } = first;
