const pipe = (...fns) => (x) => fns.reduce((v, f) => f(v), x);
const curry = (f) => (a) => (b) => f(a, b);
const add = curry((a, b) => a + b), mul = curry((a, b) => a * b);
pipe(add(3), mul(10), String, (s) => s.padStart(5, "0"))(4);
