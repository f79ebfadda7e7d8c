const names = Object.keys(tools);
names.includes("getOrder") && typeof tools.getOrder === "function" && !names.includes("fetch");
