type Op = "+" | "-" | "*";
const ops: Record<Op, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
};
const rpn = (expr: string): number => {
  const stack: number[] = [];
  for (const token of expr.split(" ")) {
    if (token in ops) {
      const b = stack.pop()!, a = stack.pop()!;
      stack.push(ops[token as Op](a, b));
    } else stack.push(Number(token));
  }
  return stack[0];
};
rpn("3 4 + 2 * 7 -");
