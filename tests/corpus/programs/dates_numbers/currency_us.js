const { total } = await tools.getOrder({ order_id: "A-1007" });
const fmt = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
`Total: ${fmt.format(total * 10)}`;
