const secrets = new WeakMap();
class Vault {
  constructor(s) { secrets.set(this, s); }
  open(pin) { return pin === 42 ? secrets.get(this) : "denied"; }
}
const v = new Vault("gold");
[v.open(1), v.open(42)];
