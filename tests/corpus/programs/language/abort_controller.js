const controller = new AbortController();
const wait = (ms, signal) => new Promise((resolve, reject) => {
  const t = setTimeout(() => resolve("done"), ms);
  signal.addEventListener("abort", () => { clearTimeout(t); reject(signal.reason); });
});
setTimeout(() => controller.abort(new Error("too slow")), 5);
let outcome;
try { outcome = await wait(1000, controller.signal); } catch (e) { outcome = e.message; }
({ outcome, aborted: controller.signal.aborted });
