const { orders } = await tools.listOrders({ status: "paid", page_size: 10 });
const header = "| Order | Total |\n|---|---:|";
const rows = orders.map((o) => `| ${o.id} | ${o.total.toFixed(2)} |`);
const report = [header, ...rows].join("\n");
console.log(report);
