const formatter = new Intl.NumberFormat("de-DE", { style: "currency", currency: "EUR" });
[1234567.891, -42, 0.5].map((n) => formatter.format(n).replace(/\u00a0/g, " "));
