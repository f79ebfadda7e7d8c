const chunk = <T,>(xs: T[], size: number): T[][] =>
  xs.length <= size ? [xs] : [xs.slice(0, size), ...chunk(xs.slice(size), size)];
chunk<number>([1, 2, 3, 4, 5], 2);
