const md = await tools.readFile({ path: "/notes/todo.md" });
let section = null;
const open = {};
for (const line of md.split(/\r?\n/)) {
  const heading = /^##\s+(.+)$/.exec(line);
  if (heading) { section = heading[1]; open[section] = []; continue; }
  const task = /^- \[( |x)\] (.+)$/.exec(line);
  if (task && section && task[1] === " ") open[section].push(task[2]);
}
open;
