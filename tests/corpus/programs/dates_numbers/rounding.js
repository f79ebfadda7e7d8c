const round2 = (x) => Math.round((x + Number.EPSILON) * 100) / 100;
({ a: round2(1.005), b: (0.1 + 0.2).toFixed(2), c: (1234.5678).toPrecision(6), d: (255).toString(2), e: parseInt("ff", 16), f: (5e-7).toString() });
