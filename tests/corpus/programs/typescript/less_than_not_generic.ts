const a: number = 1, b: number = 2, c: number = 3;
const f = (x: boolean, y?: boolean): number => (x ? 1 : 0) + (y ? 10 : 0);
f(a < b, c > 2);
