({ id: 7, kind: Symbol("order") });
