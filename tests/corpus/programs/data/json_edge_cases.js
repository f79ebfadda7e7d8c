const value = { a: undefined, b: () => 1, c: NaN, d: new Date(0), e: [undefined, null], f: { toJSON: () => "custom" } };
JSON.stringify(value);
