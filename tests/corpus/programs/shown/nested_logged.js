const o = { a: { b: { c: { d: 1 } } }, list: [[1, [2, [3]]]] };
console.log("nested", JSON.stringify(o));
console.log("%s has %d items", "cart", 3);
