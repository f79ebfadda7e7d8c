const html = await tools.readFile({ path: "/web/prices.html" });
html.slice(0, 12) + (html.includes("&amp;") ? " & co" : "");
