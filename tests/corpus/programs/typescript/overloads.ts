function toArray(x: string): string[];
function toArray(x: number): number[];
function toArray(x: string | number): (string | number)[] {
  return [x, x];
}
[...toArray("a"), ...toArray(1)];
