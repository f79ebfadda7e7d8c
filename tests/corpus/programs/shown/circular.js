const node = { name: "root" };
node.self = node;
console.log(node.self.self.name);
node;
