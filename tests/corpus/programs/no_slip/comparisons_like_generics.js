const a = 1, b = 2, c = 3;
const f = (...xs) => xs;
f(a < b, c > (2));
