class OrderFeed {
  #ids;
  constructor(...ids) { this.#ids = ids; }
  async *[Symbol.asyncIterator]() {
    for (const order_id of this.#ids) yield await tools.getOrder({ order_id });
  }
}
let sum = 0;
for await (const { total } of new OrderFeed("A-1001", "A-1003")) sum += total;
sum.toFixed(2);
