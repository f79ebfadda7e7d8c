let balance = 1000;
const rate = 0.05;
const rows = [];
for (let year = 1; year <= 3; year++) {
  balance *= 1 + rate;
  rows.push(`Year ${year}: $${balance.toFixed(2)}`);
}
console.log(rows.join('\n'));
