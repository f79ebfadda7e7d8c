// Process sequentially with reduce
const cities = ["Berlin", "Madrid"];
const out = await cities.reduce(async (prev, city) => {
  const acc = await prev;
  const { temp } = await tools.getWeather({ city });
  return [...acc, [city, temp]];
}, Promise.resolve([]));
Object.fromEntries(out);
