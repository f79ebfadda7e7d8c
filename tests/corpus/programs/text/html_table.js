const html = await tools.readFile({ path: "/web/prices.html" });
const rows = [...html.matchAll(/<tr><td>(.*?)<\/td><td[^>]*>€([\d.]+)<\/td><\/tr>/g)];
const prices = rows.map(m => ({ sku: m[1], price: parseFloat(m[2]) }));
prices;
