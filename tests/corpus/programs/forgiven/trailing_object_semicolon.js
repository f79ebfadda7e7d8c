const w = await tools.getWeather({ city: 'Madrid' });
{ city: w.city, hot: w.temp > 15 };
