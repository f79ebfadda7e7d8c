const tree = { name: "root", children: [{ name: "a", children: [{ name: "a1" }, { name: "a2" }] }, { name: "b" }] };
const walk = (node, depth = 0) => [{ name: node.name, depth }, ...(node.children ?? []).flatMap((c) => walk(c, depth + 1))];
walk(tree).map(({ name, depth }) => "  ".repeat(depth) + name).join("\n");
