const result = await tools.getWeather({ city: "Madrid" });
result.temp;
