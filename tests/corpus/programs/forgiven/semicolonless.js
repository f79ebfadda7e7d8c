const w = await tools.getWeather({ city: "Berlin" })
const label = w.conditions === "rain" ? "umbrella" : "sunglasses"

label
