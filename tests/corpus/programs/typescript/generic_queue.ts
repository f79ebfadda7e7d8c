class Queue<T = unknown> {
  #items: T[] = [];
  constructor(...initial: T[]) { this.#items.push(...initial); }
  enqueue(item: T): this { this.#items.push(item); return this; }
  dequeue(): T | undefined { return this.#items.shift(); }
  get size(): number { return this.#items.length; }
}
const q = new Queue<{ id: number }>({ id: 1 });
q.enqueue({ id: 2 }).enqueue({ id: 3 });
[q.dequeue()?.id, q.size];
