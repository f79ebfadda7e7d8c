const w = await tools.getWeather({ city: "Berlin" });
check: {
  if (w.conditions !== "rain") break check;
  console.log("Take an umbrella");
}
