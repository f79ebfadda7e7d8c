interface Dictionary<V> {
  [key: string]: V;
}
const freq: Dictionary<number> = {};
for (const ch of "banana" as string) {
  freq[ch] = (freq[ch] || 0) + 1;
}
freq;
