const result = await tools.getWeather({ city: "Berlin" });
result.temp;
