function makeCounter(start = 0) {
  let count = start;
  return { inc: () => ++count, dec: () => --count, get value() { return count; } };
}
const c = makeCounter(5);
c.inc(); c.inc(); c.dec();
c.value;
