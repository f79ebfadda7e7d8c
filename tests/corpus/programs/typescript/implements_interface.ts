interface Shape { area(): number; readonly name: string }
class Square implements Shape {
  readonly name = "square";
  constructor(private side: number) {}
  area(): number { return this.side ** 2; }
}
const shapes: Shape[] = [new Square(2), new Square(3)];
shapes.map((s: Shape) => `${s.name}:${s.area()}`).join(" ");
