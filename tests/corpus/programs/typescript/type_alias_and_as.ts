type Weather = { city: string; temp: number; conditions: string };

const reports = (await Promise.all(
  ["Berlin", "Madrid"].map((city) => tools.getWeather({ city })),
)) as Weather[];
reports.map((r) => `${r.city} ${r.temp}`);
