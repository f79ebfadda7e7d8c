const rates = { EUR: 1, USD: 1.1, SEK: 11.5 };
type Currency = keyof typeof rates;
function convert(amount: number, from: Currency, to: Currency): number {
  return (amount / rates[from]) * rates[to];
}
convert(100, "EUR", "SEK").toFixed(1);
