// quickjs-wasi, measured inside Node.js as `worker.py` measures in Python: node wasi.mjs FOLDER
// One JSON line in, one out. FOLDER is where the package was installed.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const from = createRequire(pathToFileURL(process.argv[2] + "/"));
const { QuickJS } = await import(pathToFileURL(from.resolve("quickjs-wasi")));
const wasm = await WebAssembly.compile(readFileSync(from.resolve("quickjs-wasi/quickjs.wasm")));

const WARM_MS = 200, ENOUGH_MS = 200, ENOUGH_RUNS = 100; // as in timing.py

async function timeEach(action, runs) {
  const begun = performance.now();
  do await action(); while (performance.now() - begun < WARM_MS);
  const times = [];
  let sum = 0;
  while (times.length < runs || (sum < ENOUGH_MS && times.length < ENOUGH_RUNS * runs)) {
    const start = performance.now();
    const waits = action();
    if (waits) await waits;
    const took = performance.now() - start;
    sum += took;
    times.push(took / 1000);
  }
  return times;
}

function onePlusOne(vm) {
  const result = vm.evalCode("1 + 1");
  if (result.toNumber() !== 2) throw new Error("1 + 1 is 2");
  result.dispose();
}

const measures = {
  async small_eval(runs) {
    const vm = await QuickJS.create({ wasm });
    return { s: await timeEach(() => onePlusOne(vm), runs) };
  },
  async new_interpreter(runs) {
    return { s: await timeEach(async () => { const vm = await QuickJS.create({ wasm }); onePlusOne(vm); vm.dispose(); }, runs) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { measure, runs } = JSON.parse(line);
  let answer;
  try {
    answer = { samples: measures[measure] ? await measures[measure](runs) : null };
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
