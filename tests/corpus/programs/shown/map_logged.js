const stock = new Map([["KB-1", { qty: 4 }], ["MS-2", { qty: 0 }]]);
console.log(stock);
console.log(new Set(["a", 1, null]));
