function createStack() {
  const items = ["a", "b"];
  return { items, push: (x) => items.push(x), size: () => items.length };
}
const stack = createStack();
stack;
