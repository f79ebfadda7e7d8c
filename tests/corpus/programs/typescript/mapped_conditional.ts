type Nullable<T> = { [K in keyof T]: T[K] | null };
type Unwrap<T> = T extends Promise<infer U> ? U : T;
type Row = Unwrap<ReturnType<typeof load>>;
async function load(): Promise<{ a: number }> {
  return { a: 1 };
}
const row: Nullable<Row> = await load();
row;
