(async () => {
  const cities = ["Berlin", "Madrid", "Tokyo"];
  const reports = await Promise.all(cities.map(city => tools.getWeather({ city })));
  const warmest = reports.reduce((a, b) => (a.temp > b.temp ? a : b));
  return `${warmest.city}: ${warmest.temp}°C`;
})();
