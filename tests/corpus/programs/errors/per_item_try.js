const cities = ["Berlin", "Atlantis", "Tokyo"];
const results = [];
for (const city of cities) {
  try {
    const { temp } = await tools.getWeather({ city });
    results.push({ city, temp });
  } catch (error) {
    results.push({ city, error: error.message });
  }
}
results.map((r) => (r.error ? `${r.city}: failed` : `${r.city}: ${r.temp}`));
