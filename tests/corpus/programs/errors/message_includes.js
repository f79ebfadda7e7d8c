let status;
try {
  await tools.getOrder({ order_id: "A-9999" });
  status = "found";
} catch (e) {
  status = e.message.includes("No order") ? "not found" : "unexpected: " + e.message;
}
status;
