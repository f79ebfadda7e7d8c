interface Customer { id: string; name: string; email: string | null; tier: "gold" | "silver" | "bronze" }
type Contact = Pick<Customer, "name" | "email">;
type Patch = Partial<Omit<Customer, "id">>;
const apply = (c: Customer, patch: Patch): Customer => ({ ...c, ...patch });
const c = (await tools.getCustomer({ customer_id: "C-4" })) as Customer;
const { name, email }: Contact = apply(c, { email: "dan@example.com" });
`${name} <${email}>`;
