const withDefault = (target, fallback) => new Proxy(target, { get: (t, k) => (k in t ? t[k] : fallback) });
const stock = withDefault({ "KB-1": 4 }, 0);
["KB-1", "MS-2"].map((sku) => stock[sku]);
