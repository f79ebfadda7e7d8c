abstract class Source<T> {
  protected readonly cache: Map<string, T> = new Map();
  public static created: number = 0;
  declare label: string;
  constructor() { Source.created += 1; }
  abstract load(id: string): Promise<T>;
  async get(id: string): Promise<T> {
    if (!this.cache.has(id)) this.cache.set(id, await this.load(id));
    return this.cache.get(id)!;
  }
}
class Customers extends Source<{ name: string }> {
  override async load(id: string): Promise<{ name: string }> {
    return tools.getCustomer({ customer_id: id });
  }
}
const customers = new Customers();
const { name } = await customers.get("C-5");
[name, Source.created];
