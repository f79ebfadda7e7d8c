const groups = Map.groupBy([1, 2, 3, 4, 5, 6], (n) => (n % 3 === 0 ? "fizz" : "other"));
groups;
