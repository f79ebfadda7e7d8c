const xs: number[] = [3, 1, 2];
const pick = (cond: boolean): number => cond ? (xs[0] as number) : xs.at(-1)!;
const obj = { a: 1, b: pick(true) ? (2 as number) : 3 };
console.log(obj, pick(false));
