const log = await tools.readFile({ path: "/logs/app.log" });
const counts = {};
for (const [, level] of log.matchAll(/\b(INFO|WARN|ERROR)\b/g)) {
  counts[level] = (counts[level] || 0) + 1;
}
console.log(counts);
