const events = [];
async function work(ok) {
  try {
    events.push("start");
    if (!ok) throw new Error("boom");
    return "ok";
  } catch {
    events.push("caught");
    return "failed";
  } finally {
    events.push("cleanup");
  }
}
const a = await work(true);
const b = await work(false);
({ a, b, events });
