let i = 0, steps = 0;
for (let n = 27; n !== 1; n = n % 2 ? 3 * n + 1 : n / 2, steps++) i = Math.max(i, n);
steps > 100 ? { steps, peak: i } : null;
