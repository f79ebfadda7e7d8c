const problems = ["A-1", "A-1001"].map((order_id) => tools.getOrder({ order_id }).then((o) => o.id, (e) => e));
const [bad, good] = await Promise.all(problems);
({ bad, good });
