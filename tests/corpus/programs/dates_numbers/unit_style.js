const speed = new Intl.NumberFormat("en-US", { style: "unit", unit: "kilometer-per-hour" });
const size = new Intl.NumberFormat("en-US", { style: "unit", unit: "megabyte" });
[speed.format(120), size.format(64)];
