const xs = [1, , 3];
console.log(xs.length, 1 in xs);
[undefined, null, NaN, -0, Infinity].map((x) => Object.is(x, -0) ? "-0" : String(x));
