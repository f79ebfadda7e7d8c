function diff(a, b, path = "") {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  const out = [];
  for (const k of keys) {
    const p = path ? `${path}.${k}` : k;
    if (a[k] && b[k] && typeof a[k] === "object" && typeof b[k] === "object") out.push(...diff(a[k], b[k], p));
    else if (a[k] !== b[k]) out.push({ path: p, from: a[k] ?? null, to: b[k] ?? null });
  }
  return out;
}
diff({ a: 1, b: { c: 2, d: [1, 2] } }, { a: 1, b: { c: 3, d: [1, 5] }, e: true });
