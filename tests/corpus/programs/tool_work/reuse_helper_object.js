const api = {
  cache: {},
  async order(id) {
    if (!this.cache[id]) {
      this.cache[id] = await tools.getOrder({ order_id: id });
    }
    return this.cache[id];
  },
};
const a = await api.order("A-1001");
const b = await api.order("A-1001");
({ same: a === b, cached: Object.keys(api.cache) });
