let found;
try {
  found = await tools.getCustomer({ customer_id: "C-2" });
} catch (error) {
  console.error("Failed:", error.message);
} finally {
  console.log("lookup finished");
}
found?.name ?? "none";
