// Runs programs in Node.js, to check what is said of them: `node --expose-internals in_node.mjs PYTHON`.
//
// In comes a list of lists of { source, typescript }; out, for each list, { result, console } or { error }.
// Programs are wrapped as Node's own console wraps them, whose module for that is the one internal.
import { spawn } from "node:child_process";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { createInterface } from "node:readline";
import util from "node:util";
import vm from "node:vm";
import { readFileSync } from "node:fs";

// Of what Node.js gives beyond the language.
const GLOBALS = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "queueMicrotask", "structuredClone", "URL",
  "URLSearchParams", "TextEncoder", "TextDecoder", "AbortController", "AbortSignal", "atob", "btoa"];

const { processTopLevelAwait } = createRequire(import.meta.url)("internal/repl/await");

// One process of Python is the world of all; its answers come in order.
const world = spawn(process.argv[2], ["-m", "tests.corpus.world"], { stdio: ["pipe", "pipe", "inherit"] });
const waiting = [];
createInterface(world.stdout).on("line", (line) => waiting.shift()(JSON.parse(line)));

function ask(name, args = {}) {
  world.stdin.write(JSON.stringify({ name, args }) + "\n");
  return new Promise((resolve) => waiting.push(resolve));
}

// The tools afresh, which throw the errors of the context that they are made for.
async function makeTools(ContextError) {
  const call = async (name, args) => {
    const { value, error } = await ask(name, args);
    if (error !== undefined) throw new ContextError(error);
    return value;
  };
  const { value: names } = await ask("$begin");
  return Object.fromEntries(names.map((name) => [name, (args) => call(name, args)]));
}

// The value as JSON that Python reads: a Map is an object, a Set a list, a Date its ISO text.
function plain(value, above = []) {
  if (value === undefined || value === null) return null;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value === "function" || typeof value === "symbol") return util.inspect(value);
  if (typeof value !== "object") return value;
  if (above.includes(value)) return "[Circular]";
  const inner = (each) => plain(each, [...above, value]);
  if (util.types.isDate(value)) return value.toISOString();
  if (util.types.isNativeError(value)) return String(value);
  if (util.types.isMap(value)) return Object.fromEntries([...value].map(([k, v]) => [k, inner(v)]));
  if (util.types.isSet(value) || util.types.isTypedArray(value) || Array.isArray(value)) return Array.from(value, inner);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, inner(v)]));
}

// TypeScript's types away; what begins with a top-level `return` is left for a function around it.
function stripped(source) {
  try {
    return stripTypeScriptTypes(source, { mode: "transform" });
  } catch {
    return source;
  }
}

// The program as an expression whose value is a promise of its result, keeping what it declares.
function awaitable(source, typescript) {
  try {
    const wrapped = processTopLevelAwait(`await 0;${typescript ? stripped(source) : source}`);
    if (wrapped !== null) return wrapped.replace(/^(let|const) /gm, "var ");
  } catch {
    // Types that only a function around them makes sense of.
  }
  const body = `(async () => {${source}\n})()`;
  return typescript ? stripped(body) : body;
}

async function run(programs) {
  let printed = [];
  const log = (...parts) => void printed.push(util.format(...parts));
  const console = { log, info: log, warn: log, error: log, debug: log, table: log, group: log, groupEnd() {} };
  const context = vm.createContext({ console });
  for (const name of GLOBALS) context[name] = globalThis[name];
  context.tools = await makeTools(vm.runInContext("Error", context));
  try {
    let value;
    for (const { source, typescript } of programs) {
      printed = [];
      const answer = await vm.runInContext(awaitable(source, typescript), context);
      value = await (answer && Object.hasOwn(answer, "value") ? answer.value : answer);
    }
    return { result: plain(value), console: printed.join("\n") };
  } catch (error) {
    return { error: `${error?.name}: ${error?.message}` };
  }
}

const found = [];
for (const programs of JSON.parse(readFileSync(0, "utf8"))) found.push(await run(programs));
console.log(JSON.stringify(found));
process.exit();
