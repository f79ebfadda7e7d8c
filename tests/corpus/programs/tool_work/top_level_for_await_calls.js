const ids = ["C-1", "C-2", "C-3", "C-4", "C-5"];
let countries = {};
for (const id of ids) {
  const c = await tools.getCustomer({ customer_id: id });
  countries[c.country] = (countries[c.country] || 0) + 1;
}
Object.entries(countries).map(([k, v]) => k + "=" + v).join(", ")
