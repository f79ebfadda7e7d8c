const weather = await tools.getWeather({ city: "Stockholm" });
if (weather.temp < 0) {
  return "freezing";
}
return "fine";
