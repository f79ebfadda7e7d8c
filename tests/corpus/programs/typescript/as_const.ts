const CITIES = ["Berlin", "Tokyo"] as const;
type City = (typeof CITIES)[number];
const temps = {} as Record<City, number>;
for (const city of CITIES) temps[city] = (await tools.getWeather({ city })).temp;
temps;
