function inspect(value) {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return bigintToString(value) + 'n';
  if (typeof value !== 'object' || value === null) return String(value);
  return attempt(JSON.stringify, value) ?? '[object]';
}
