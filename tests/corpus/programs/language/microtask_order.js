const order = [];
setTimeout(() => order.push("timeout"), 0);
queueMicrotask(() => order.push("microtask"));
Promise.resolve().then(() => order.push("promise"));
order.push("sync");
await new Promise((r) => setTimeout(r, 5));
order;
