class Temperature {
  static from(c) { return new this(c); }
  constructor(c) { this.celsius = c; }
  get fahrenheit() { return this.celsius * 9 / 5 + 32; }
  set fahrenheit(f) { this.celsius = (f - 32) * 5 / 9; }
  [Symbol.toPrimitive](hint) { return hint === "string" ? `${this.celsius}°C` : this.celsius; }
}
const t = Temperature.from(100);
const before = t.fahrenheit;
t.fahrenheit = 32;
[before, `${t}`, t + 5];
