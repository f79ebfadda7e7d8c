const results = await tools.webSearch({ query: "quickjs wasm", max_results: 3 });
const hosts = new Set(results.map((r) => new URL(r.url).hostname));
const clean = results.map((r) => {
  const u = new URL(r.url);
  u.search = "";
  u.hash = "";
  return u.toString();
});
({ hosts: [...hosts].sort(), clean });
