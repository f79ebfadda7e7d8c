class Invoice {
  #secret = 1;
  constructor(no, amount) { this.no = no; this.amount = amount; }
}
console.log(new Invoice("2024-017", 1250));
console.log([new Invoice("a", 1)]);
