async function main(): Promise<{ city: string; temp: number }> {
  const { city, temp } = await tools.getWeather({ city: "Tokyo" });
  return { city, temp };
}

export default await main();
