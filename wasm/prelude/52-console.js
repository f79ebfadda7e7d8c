// The global `console`. All levels go to the same place, in the order in which they happen.
//
// from 10-primordials: *
// from 30-text: replaceAll
// from 34-error-text: cut framesOf
// from 36-inspect: MAX_LEVELS inspect
// from 50-format: asText format
// from 51-table: table
// from C: host
// gives: printLine resetConsole

const MAX_INDENT = 40;
let groupIndent = '';
const counters = new Map(), stopwatches = new Map();

const printLine = (text) => {
  host.print(groupIndent === '' ? text : groupIndent + replaceAll(text, '\n', '\n' + groupIndent));
};

const labelOf = (value) => (value === undefined ? 'default' : cut(asText(value)));

// 1234 -> 1.234s, as Node writes durations.
function duration(ms) {
  const pad = (number) => padStart('' + number, 2, '0');
  if (ms >= 3600000) {
    return floor(ms / 3600000) + ':' + pad(floor(ms / 60000) % 60) + ':'
      + pad(floor(ms / 1000) % 60) + ' (h:mm:ss)';
  }
  if (ms >= 60000) {
    return floor(ms / 60000) + ':' + padStart(numberToFixed(ms / 1000 % 60, 3), 6, '0') + ' (m:ss.mmm)';
  }
  return ms >= 1000 ? numberToFixed(ms / 1000, 3) + 's' : +numberToFixed(ms, 3) + 'ms';
}

function elapsed(name, method, rest) {
  const since = mapGet(stopwatches, name);
  if (since === undefined) {
    printLine("Warning: No such label '" + name + "' for console." + method + '()');
    return;
  }
  const text = name + ': ' + duration(host.now() - since);
  printLine(rest.length ? text + ' ' + format(rest) : text);
}

// The arguments from the second on.
const others = (args) => {
  const rest = list();
  for (let i = 1; i < args.length; i++) push(rest, args[i]);
  return rest;
};

const indentBy = (columns) => {
  host.toClear();
  const depth = min(max(groupIndent.length + columns, 0), MAX_INDENT);
  groupIndent = repeat(' ', depth);
};

function depthOption(options) {
  const depth = option(options, 'depth');
  if (depth === null || depth === Infinity) return MAX_LEVELS;
  return typeof depth === 'number' ? depth : 2;
}

const console = define(globalThis, 'console', {});
const consoleMethods = {
  log(...args) { printLine(format(args)); },
  warn(...args) { printLine(format(args)); },
  dir(item, options) { printLine(inspect(item, { __proto__: null, depth: depthOption(options) })); },
  time(name) {
    const key = labelOf(name);
    host.toClear();
    if (!mapHas(stopwatches, key)) mapSet(stopwatches, key, host.now());
    else printLine("Warning: Label '" + key + "' already exists for console.time()");
  },
  timeEnd(name) {
    elapsed(labelOf(name), 'timeEnd', list());
    mapDelete(stopwatches, labelOf(name));
  },
  timeLog(name, ...rest) { elapsed(labelOf(name), 'timeLog', rest); },
  trace(...args) {
    const text = args.length ? 'Trace: ' + format(args) : 'Trace';
    const frames = framesOf(errorStack(new Error()));
    printLine(frames ? text + '\n' + frames : text);
  },
  assert(condition, ...args) {
    if (condition) return;
    if (typeof args[0] === 'string') args[0] = 'Assertion failed: ' + args[0];
    else if (args.length) printLine('Assertion failed: ' + format(args));
    else printLine('Assertion failed');
    if (typeof args[0] === 'string') printLine(format(args));
  },
  count(name) {
    const key = labelOf(name), next = (mapGet(counters, key) ?? 0) + 1;
    mapSet(counters, key, next);
    printLine(key + ': ' + next);
  },
  countReset(name) {
    if (mapDelete(counters, labelOf(name))) return;
    printLine("Warning: Count for '" + labelOf(name) + "' does not exist");
  },
  group(...args) {
    if (args.length) printLine(format(args));
    indentBy(2);
  },
  groupEnd() { indentBy(-2); },
  table(data, columns) { printLine(table(data, columns)); },
  debug(...args) { printLine(format(args)); },
  info(...args) { printLine(format(args)); },
  dirxml(...args) { printLine(format(args)); },
  error(...args) { printLine(format(args)); },
  groupCollapsed(...args) {
    if (args.length) printLine(format(args));
    indentBy(2);
  },
};
for (const name of ownKeys(consoleMethods)) console[name] = consoleMethods[name];
defineHidden(console, Symbol.toStringTag, 'console');

// What a script leaves behind must not colour what the next one prints.
const resetConsole = () => {
  groupIndent = '';
  mapClear(stopwatches);
};
