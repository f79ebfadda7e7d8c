const service = {
  cache: new Map<string, string>(),
  async nameOf(id: string): Promise<string> {
    const hit: string | undefined = this.cache.get(id);
    if (hit !== undefined) return hit;
    const { name } = (await tools.getCustomer({ customer_id: id })) as { name: string };
    this.cache.set(id, name);
    return name;
  },
};
[await service.nameOf("C-2"), await service.nameOf("C-2"), service.cache.size];
