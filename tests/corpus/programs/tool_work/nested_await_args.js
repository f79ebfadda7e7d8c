const temps = {};
for await (const w of ["Berlin", "Tokyo"].map(city => tools.getWeather({ city, unit: "fahrenheit" }))) {
  temps[w.city] = w.temp;
}
temps
