const template = "Hello {{name}}, your order {{ order.id }} costs {{order.total}}.{{missing}}";
const data = { name: "Ada", order: { id: "A-1", total: 12.5 } };
template.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (_, path) => path.split(".").reduce((o, k) => o?.[k], data) ?? "");
