const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const log = [];
for (const city of ["Berlin", "Tokyo"]) {
  const { conditions } = await tools.getWeather({ city });
  log.push(conditions);
  await sleep(10); // be polite to the API
}
log.join(" -> ");
