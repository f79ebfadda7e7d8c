const text = await tools.readFile({ path: "/data/events.ndjson" });
const events = [];
const bad = [];
text.split("\n").forEach((line, i) => {
  if (!line.trim()) return;
  try {
    events.push(JSON.parse(line));
  } catch (e) {
    bad.push({ line: i + 1, error: e instanceof SyntaxError });
  }
});
({ events: events.length, bad, avgMs: events.reduce((s, e) => s + e.ms, 0) / events.length });
