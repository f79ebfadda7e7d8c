const w = await tools.getWeather({ city: "Stockholm" });
let advice;
if (w.temp < 0) {
  advice = "Wear a coat";
} else {
  advice = "A jacket will do";
}
advice
