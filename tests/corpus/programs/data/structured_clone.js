const original = { when: new Date("2024-05-01T00:00:00Z"), tags: new Set(["a", "b"]), nested: { list: [1, 2] } };
const copy = structuredClone(original);
copy.nested.list.push(3);
copy.tags.add("c");
({ before: original.nested.list, after: copy.nested.list, size: copy.tags.size, sameDate: +copy.when === +original.when });
