interface Counter { n: number }
function bump(this: Counter, by: number = 1): number {
  this.n += by;
  return this.n;
}
bump.call({ n: 41 });
