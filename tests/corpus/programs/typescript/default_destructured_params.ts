interface Options { limit?: number; prefix?: string }
function list(xs: string[], { limit = 2, prefix = "- " }: Options = {}): string {
  return xs.slice(0, limit).map((x) => prefix + x).join("\n");
}
const cities: string[] = ["Berlin", "Tokyo", "Madrid"];
console.log(list(cities));
console.log(list(cities, { limit: 1, prefix: "* " }));
