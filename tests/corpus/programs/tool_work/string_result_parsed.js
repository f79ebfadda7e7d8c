const raw = await tools.runSql({ query: "SELECT month, SUM(total) AS revenue FROM orders GROUP BY 1" });
const rows = typeof raw === "string" ? JSON.parse(raw) : raw;
rows.map(r => ({ month: r.month, revenue: parseFloat(r.revenue) }));
