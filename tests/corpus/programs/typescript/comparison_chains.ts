const a: number = 3, b: number = 5;
const inRange = (x: number, lo: number, hi: number): boolean => lo < x && x > 0 && x < hi;
const shifted: number = (b >> 1) + (a << 2);
[inRange(a, 1, b), a < b ? "less" : "more", shifted];
