tools.getOrder({ order_id: "A-1006" })
  .then((order) => console.log("Order total:", order.total))
  .catch((err) => console.log("Error:", err.message));
