const weather: { temp: number } = await tools.getWeather({ city: "Madrid" });
const label: "warm" | "cold" = weather.temp > 15 ? "warm" : "cold";
return { label };
