const type = "late", as = 1, of = 2, async = 3, declare = 4, namespace = 5, satisfies = 6, abstract = 7;
const get = { type, set: as + of, static: async };
const readonly = declare + namespace + satisfies + abstract;
({ ...get, readonly });
