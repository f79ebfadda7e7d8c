const helpers = {
  tax: 0.19,
  gross: (net) => net * 1.19,
};
helpers;
