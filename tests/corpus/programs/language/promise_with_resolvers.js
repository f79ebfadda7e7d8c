const { promise, resolve } = Promise.withResolvers();
tools.getWeather({ city: "Tokyo" }).then((w) => resolve(w.humidity));
(await promise) + 1;
