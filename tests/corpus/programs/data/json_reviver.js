const text = '{"id": 7, "created": "2024-01-15T09:30:00.000Z", "nested": {"at": "2024-02-01T00:00:00.000Z"}}';
const iso = /^\d{4}-\d{2}-\d{2}T.*Z$/;
const obj = JSON.parse(text, (k, v) => (typeof v === "string" && iso.test(v) ? new Date(v) : v));
({ year: obj.created.getUTCFullYear(), month: obj.nested.at.getUTCMonth() + 1, back: JSON.stringify(obj.nested) });
