const score = 7;
const label = score > 5 ? score > 8 ? "high" : "middle" : "low";
const pick = { a: score ? (x) => x : null, "b:c": [score ? 1 : 2] };
switch (label) {
  case "middle": console.log(label, pick.a(3), pick["b:c"]);
}
