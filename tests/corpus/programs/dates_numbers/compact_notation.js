const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
[950, 12345, 7800000, 2500000000].map((n) => compact.format(n));
