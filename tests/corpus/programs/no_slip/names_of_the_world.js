const größe = 3;
const 订单 = (await tools.listOrders({ status: "late" })).orders;
const $total = 订单.reduce((和, o) => 和 + o.items.length, 0), _n = 订单.length;
`${größe}/${$total}/${_n}`;
