const settled = await Promise.allSettled([
  tools.getWeather({ city: "Madrid" }),
  tools.getWeather({ city: "Nowhere" }),
]);
settled.map(s => s.status === "fulfilled" ? s.value.conditions : s.reason.message.includes("Nowhere"));
