const raw = await tools.runSql({ query: "select 1" });
const rows = JSON.parse(raw as unknown as string) as { month: string; revenue: string }[];
const total: number = rows.map(({ revenue }) => Number(revenue)).reduce((a: number, b: number): number => a + b, 0);
total.toFixed(2);
