class NotFoundError extends Error {
  constructor(entity, id) {
    super(`${entity} ${id} not found`);
    this.name = "NotFoundError";
    this.entity = entity;
  }
}
async function find(id) {
  const hits = await tools.searchCustomers({ query: id });
  if (hits.length === 0) throw new NotFoundError("Customer", id);
  return hits[0];
}
let res;
try { res = await find("nobody"); }
catch (e) { res = e instanceof NotFoundError ? { name: e.name, entity: e.entity, text: String(e) } : "?"; }
res;
