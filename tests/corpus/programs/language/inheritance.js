class Shape { area() { return 0; } toString() { return `${this.constructor.name}(${this.area().toFixed(2)})`; } }
class Circle extends Shape { constructor(r) { super(); this.r = r; } area() { return Math.PI * this.r ** 2; } }
class Rect extends Shape { constructor(w, h) { super(); this.w = w; this.h = h; } area() { return this.w * this.h; } }
const shapes = [new Circle(1), new Rect(2, 3)];
console.log(shapes.map(String).join(", "));
console.log(`${shapes.reduce((s, x) => s + x.area(), 0).toFixed(3)}`);
