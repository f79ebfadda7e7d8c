const sql = (strings, ...values) => ({
  text: strings.reduce((acc, s, i) => acc + "$" + i + s),
  values,
});
const status = "late";
const limit = 10;
sql`SELECT * FROM orders WHERE status = ${status} LIMIT ${limit}`;
