class EventEmitter {
  constructor() { this.handlers = {}; }
  on(name, fn) { (this.handlers[name] ??= []).push(fn); return () => { this.handlers[name] = this.handlers[name].filter(f => f !== fn); }; }
  emit(name, ...args) { (this.handlers[name] ?? []).forEach(fn => fn(...args)); }
}
const bus = new EventEmitter();
const seen = [];
const off = bus.on("order", (id) => seen.push(id));
bus.emit("order", "A-1"); off(); bus.emit("order", "A-2");
seen;
