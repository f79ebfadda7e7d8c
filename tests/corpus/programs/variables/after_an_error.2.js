try {
  counter += 10;
  await tools.getOrder({ order_id: "missing" });
} catch (e) {
  console.log("ignored:", e.message.includes("missing"));
}
counter;
