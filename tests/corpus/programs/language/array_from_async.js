const temps = await Array.fromAsync(["Berlin", "Madrid"], async (city) => (await tools.getWeather({ city })).temp);
Math.max(...temps);
