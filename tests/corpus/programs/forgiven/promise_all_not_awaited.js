const ids = ["A-1001", "A-1002"];
Promise.all(ids.map(id => tools.getOrder({ order_id: id }))).then(orders => orders.map(o => o.total));
