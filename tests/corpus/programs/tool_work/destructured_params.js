const summarize = ({ id, total, items: [{ sku, qty = 1 }, ...others], ...rest }) => ({
  id, total, first: `${qty}x ${sku}`, more: others.length, keys: Object.keys(rest),
});
summarize(await tools.getOrder({ order_id: "A-1010" }));
