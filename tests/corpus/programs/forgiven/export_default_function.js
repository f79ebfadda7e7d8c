export default async function main() {
  const { conditions } = await tools.getWeather({ city: "Berlin" });
  return conditions;
}
await main();
