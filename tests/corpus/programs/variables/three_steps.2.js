const contents = {};
for (const f of files) contents[f] = await tools.readFile({ path: f });
Object.keys(contents).length;
