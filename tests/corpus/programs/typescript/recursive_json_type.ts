type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

function depth(value: Json): number {
  if (value === null || typeof value !== "object") return 0;
  const inner: Json[] = Array.isArray(value) ? value : Object.values(value);
  return 1 + Math.max(0, ...inner.map(depth));
}
depth(JSON.parse(await tools.readFile({ path: "/data/config.json" })) as Json);
