class Money {
  constructor(public readonly amount: number, private currency: string = "EUR") {}
  format(): string {
    return `${this.amount.toFixed(2)} ${this.currency}`;
  }
  add(other: Money): Money {
    return new Money(this.amount + other.amount, this.currency);
  }
}
new Money(10).add(new Money(2.5)).format();
