function assert(condition: unknown, message?: string): asserts condition {
  if (!condition) throw new Error(message ?? "Assertion failed");
}
const c: { email: string | null } = await tools.getCustomer({ customer_id: "C-4" });
let verdict: string;
try {
  assert(c.email, "no email");
  verdict = c.email.toUpperCase();
} catch (e: any) {
  verdict = `refused: ${e.message}`;
}
verdict;
