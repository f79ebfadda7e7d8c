// Simple concurrency limiter
async function pool(items, limit, fn) {
  const results = new Array(items.length);
  let next = 0;
  let active = 0, maxActive = 0;
  async function worker() {
    while (next < items.length) {
      const i = next++;
      active++;
      maxActive = Math.max(maxActive, active);
      results[i] = await fn(items[i], i);
      active--;
    }
  }
  await Promise.all(Array.from({ length: limit }, worker));
  return { results, maxActive };
}

const cities = ["Berlin", "Stockholm", "Madrid", "Tokyo", "New York"];
const { results, maxActive } = await pool(cities, 2, async (city) => (await tools.getWeather({ city })).temp);
({ results, maxActive });
