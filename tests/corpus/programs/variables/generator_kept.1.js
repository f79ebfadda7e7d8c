function* ids() { let n = 1000; while (true) yield `A-${++n}`; }
const gen = ids();
gen.next().value;
