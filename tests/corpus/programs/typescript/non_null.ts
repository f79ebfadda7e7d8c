const orders: any[] = (await tools.listOrders({ page_size: 100 })).orders;
const target = orders.find((o) => o.id === "A-1007");
const first = target!.items[0]!.sku;
first;
