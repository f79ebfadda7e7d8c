const text = "The quick brown fox. The lazy dog; the QUICK cat!";
const freq = new Map();
for (const word of text.toLowerCase().match(/[a-z]+/g)) {
  freq.set(word, (freq.get(word) ?? 0) + 1);
}
const sorted = [...freq].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
sorted.slice(0, 3);
