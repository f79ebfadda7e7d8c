interface Repository<T extends { id: string }> {
  findById(id: string): T | undefined;
  all(): T[];
}
class MemoryRepository<T extends { id: string }> implements Repository<T> {
  private items: Map<string, T> = new Map<string, T>();
  constructor(initial: T[] = []) { initial.forEach((i) => this.items.set(i.id, i)); }
  findById(id: string): T | undefined { return this.items.get(id); }
  all(): T[] { return Array.from(this.items.values()); }
}
const repo = new MemoryRepository<{ id: string; total: number }>((await tools.listOrders()).orders);
[repo.findById('A-1002')?.total, repo.findById('zzz')?.total ?? null, repo.all().length];
