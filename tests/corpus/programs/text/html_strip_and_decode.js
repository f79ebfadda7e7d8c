const html = await tools.readFile({ path: "/web/prices.html" });
const decode = (s) => s.replace(/&(amp|lt|gt|quot|#39);/g, (_, e) => ({ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" })[e]);
const title = decode(html.match(/<h1>([\s\S]*?)<\/h1>/)[1]);
const links = [...html.matchAll(/<a\s+href="([^"]+)">([^<]+)<\/a>/g)].map(([, href, text]) => ({ text, href: decode(href) }));
console.log(title);
links;
