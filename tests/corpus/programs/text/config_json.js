const config = JSON.parse(await tools.readFile({ path: "/data/config.json" }));
const { service, features: { limits: [low, high] }, timeout = 30 } = config;
console.log("Service:", service, "low:", low, "high:", high, "timeout:", timeout);
