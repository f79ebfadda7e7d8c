const withTimeout = (promise, ms) =>
  Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error(`Timed out after ${ms}ms`)), ms))]);
const never = new Promise(() => {});
let message = "";
try { await withTimeout(never, 15); } catch (err) { message = err.message; }
message;
