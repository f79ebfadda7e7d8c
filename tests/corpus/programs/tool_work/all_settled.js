const ids = ["A-1001", "A-9999", "A-1002", "nope"];
const results = await Promise.allSettled(ids.map((order_id) => tools.getOrder({ order_id })));

const found = [];
const missing = [];
results.forEach((r, i) => {
  if (r.status === "fulfilled") found.push(r.value.id);
  else missing.push(ids[i]);
});
({ found, missing });
