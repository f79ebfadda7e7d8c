export const rate = 0.19;
export function gross(net) { return net * (1 + rate); }
gross(100).toFixed(2);
