const d = new Date(2024, 0, 15, 9, 5, 7);
console.log(d.toLocaleDateString());
console.log(d.toLocaleDateString("en-US"));
