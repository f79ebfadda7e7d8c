const xs = [1, 2, 3];
{
  // a scope of its own
  const doubled = xs.map((x) => x * 2);
  console.log(doubled.join(","));
}
