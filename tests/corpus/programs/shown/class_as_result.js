class Greeter { greet(n) { return `Hello ${n}`; } }
Greeter;
