type Stats = {
  min: number;
  max: number;
};
const highs: number[] = (await tools.getForecast({ city: 'Berlin', days: 5 })).map((d: { high: number }) => d.high);
const stats: Stats = { min: Math.min(...highs), max: Math.max(...highs) };
console.log(JSON.stringify(stats));
