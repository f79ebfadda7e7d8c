async function readFirst(...paths) {
  for (const path of paths) {
    try {
      return { path, text: await tools.readFile({ path }) };
    } catch (e) {
      console.log(`skip ${path}`);
    }
  }
  return null;
}
const { path, text } = await readFirst("/data/settings.json", "/data/config.json");
[path, JSON.parse(text).retries];
