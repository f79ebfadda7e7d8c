const a = 2n ** 70n;
const b = BigInt("1180591620717411303424");
({ equal: a === b, mod: a % 1000n, typed: typeof a });
