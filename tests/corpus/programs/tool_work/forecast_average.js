const forecast = await tools.getForecast({ city: "Madrid", days: 5 });
const avg = forecast.reduce((acc, day) => acc + day.high, 0) / forecast.length;
const warmest = forecast.toSorted((a, b) => b.high - a.high)[0];
console.log('Average high: ' + avg.toFixed(1));
console.log('Warmest day: ' + warmest.date);
