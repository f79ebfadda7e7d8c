interface OrderItem {
  sku: string;
  qty: number;
  unit_price: number;
}

interface Order {
  id: string;
  status: "open" | "paid" | "late" | "cancelled";
  items: OrderItem[];
  total: number;
}

const order: Order = await tools.getOrder({ order_id: "A-1004" });
const units: number = order.items.reduce((sum: number, item: OrderItem) => sum + item.qty, 0);
({ id: order.id, units });
