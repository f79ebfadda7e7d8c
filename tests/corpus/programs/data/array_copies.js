const xs = [5, 3, 9, 1];
const a = xs.toSorted((p, q) => p - q);
const b = xs.toReversed();
const c = xs.with(1, 30);
const d = xs.toSpliced(1, 2, "x");
({ xs, a, b, c, d, last: xs.at(-1), found: xs.findLast((x) => x > 4), index: xs.findLastIndex((x) => x > 4) });
