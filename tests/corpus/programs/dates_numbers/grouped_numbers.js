const n = 9876543.21;
console.log(n.toLocaleString());
console.log(n.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 }));
console.log((0.256).toLocaleString("en-US", { style: "percent", minimumFractionDigits: 1 }));
