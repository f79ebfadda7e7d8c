class Celsius {
  private _value = 0;
  static readonly ZERO: Celsius = new Celsius();
  get value(): number { return this._value; }
  set value(v: number) { this._value = Math.round(v); }
  static parse(text: string): Celsius | null {
    const m: RegExpMatchArray | null = /^(-?\d+(?:\.\d+)?)\s*°?C$/.exec(text);
    if (!m) return null;
    const c = new Celsius();
    c.value = parseFloat(m[1]!);
    return c;
  }
}
[Celsius.parse("21.6 °C")?.value, Celsius.parse("warm")?.value ?? null, Celsius.ZERO.value];
