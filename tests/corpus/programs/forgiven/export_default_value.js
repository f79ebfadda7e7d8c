const { orders } = await tools.listOrders({ status: "open" });
export default orders.map((o) => o.id);
