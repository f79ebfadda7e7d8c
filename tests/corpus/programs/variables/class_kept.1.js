class Cart {
  items = [];
  add(sku, qty = 1) { this.items.push({ sku, qty }); return this; }
  get count() { return this.items.reduce((n, i) => n + i.qty, 0); }
}
const cart = new Cart().add("KB-1");
