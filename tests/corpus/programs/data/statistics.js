const data = [12, 7, 3, 14, 8, 9, 11, 7];
const mean = data.reduce((a, b) => a + b) / data.length;
const sorted = [...data].sort((a, b) => a - b);
const mid = sorted.length / 2;
const median = (sorted[mid - 1] + sorted[mid]) / 2;
const variance = data.map(x => (x - mean) ** 2).reduce((a, b) => a + b) / (data.length - 1);
const mode = Object.entries(data.reduce((m, x) => ({ ...m, [x]: (m[x] || 0) + 1 }), {})).sort((a, b) => b[1] - a[1])[0][0];
console.log({ mean, median, stdDev: Math.sqrt(variance).toFixed(3), mode: Number(mode) });
