const consoleLog = (...args) => {
  const parts = [];
  for (let i = 0; i < args.length; i++) append(parts, inspect(args[i]));
  host.print(arrayJoin(parts, ' '));
};
const console = {};
define(globalThis, 'console', console);
for (const level of ['log', 'info', 'debug', 'warn', 'error', 'trace', 'dir', 'table']) {
  console[level] = { [level](...args) { consoleLog(...args); } }[level];
}
