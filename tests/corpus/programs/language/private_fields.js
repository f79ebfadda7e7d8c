class BankAccount {
  #balance = 0;
  static #count = 0;
  constructor(owner) { this.owner = owner; BankAccount.#count++; }
  deposit(amount) { this.#balance += amount; return this; }
  withdraw(amount) {
    if (amount > this.#balance) throw new RangeError("Insufficient funds");
    this.#balance -= amount;
    return this;
  }
  get balance() { return this.#balance; }
  static get count() { return BankAccount.#count; }
}
const acct = new BankAccount("Ada").deposit(100).withdraw(30);
let error;
try { acct.withdraw(1000); } catch (e) { error = `${e.name}: ${e.message}`; }
({ balance: acct.balance, count: BankAccount.count, error });
