const winner = await Promise.race([
  new Promise((resolve) => setTimeout(() => resolve("slow"), 2000)),
  tools.getWeather({ city: "Berlin" }).then((w) => w.conditions),
]);
winner;
