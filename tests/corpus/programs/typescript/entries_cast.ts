const stock: Record<string, number> = { "KB-1": 4, "MS-2": 0, "MN-9": 7 };
const lines: string[] = [];
for (const [sku, n] of Object.entries(stock) as [string, number][]) {
  if (n > 0) lines.push(`${sku} x${n}`);
}
console.log(lines.join("\n"));
