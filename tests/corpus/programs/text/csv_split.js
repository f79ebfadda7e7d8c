const csv = await tools.readFile({ path: "/data/sales.csv" });
const lines = csv.trim().split("\n").slice(1);
const revenueByRegion = {};
for (const line of lines) {
  const parts = line.split(",");
  const region = parts[0];
  const price = parseFloat(parts.at(-1));
  const units = parseInt(parts.at(-2), 10);
  revenueByRegion[region] = (revenueByRegion[region] ?? 0) + units * price;
}
for (const key of Object.keys(revenueByRegion)) {
  revenueByRegion[key] = Math.round(revenueByRegion[key] * 100) / 100;
}
revenueByRegion;
