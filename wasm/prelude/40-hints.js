// One sentence for what models reach for and do not find here.
//
// from 10-primordials: *
// gives: hintFor

const HINTS = {
  __proto__: null,
  fetch: 'fetch is not available: scripts have no network; use the granted tools instead.',
  XMLHttpRequest:
    'XMLHttpRequest is not available: scripts have no network; use the granted tools instead.',
  WebSocket: 'WebSocket is not available: scripts have no network; use the granted tools instead.',
  require: 'require is not available: there are no modules, only the built-ins and the granted tools.',
  module: 'Scripts are no modules: end with an expression, or return a value, to give a result.',
  exports: 'Scripts are no modules: end with an expression, or return a value, to give a result.',
  process: 'process is not available: there is no environment; put what you need into the script.',
  Buffer: 'Buffer is not available: use Uint8Array, TextEncoder and TextDecoder, btoa and atob.',
  WebAssembly: 'WebAssembly is not available: write it in JavaScript.',
  Temporal: 'Temporal is not available: use Date.',
  window: 'window is not available: this is no browser; globals are on globalThis.',
  document: 'document is not available: this is no browser.',
  self: 'self is not available: globals are on globalThis.',
  global: 'global is not available: globals are on globalThis.',
  localStorage: 'localStorage is not available: variables of a script last as long as its session.',
  alert: 'alert is not available: use console.log.',
  prompt: 'prompt is not available: nobody is asked while a script runs.',
  WeakRef: 'WeakRef is not available: when memory is reclaimed must not change what a script does.',
  FinalizationRegistry:
    'FinalizationRegistry is not available: when memory is reclaimed must not change what a script does.',
  SharedArrayBuffer: 'SharedArrayBuffer is not available: there are no threads; use ArrayBuffer.',
  Atomics: 'Atomics is not available: there are no threads.',
  await: 'await is allowed at the top level and in async functions only.',
  True: 'It is written true.',
  False: 'It is written false.',
  None: 'It is written null, or undefined.',
  nil: 'It is written null, or undefined.',
  print: 'print is not available: use console.log.',
  len: 'len is not available: use list.length.',
  str: 'str is not available: use String(value).',
  range: 'range is not available: use Array.from({ length: n }, (_, i) => i).',
  tool: 'Tools are called as await tools.name({ ... }).',
  Tools: 'Tools are called as await tools.name({ ... }).',
  functions: 'Tools are called as await tools.name({ ... }).',
  fs: 'There are no files; use the granted tools instead.',
  axios: 'axios is not available: scripts have no network; use the granted tools instead.',
  Worker: 'Worker is not available: there are no threads; run calls concurrently with Promise.all.',
};
const NO_MODULES = 'There are no modules, only the built-ins and the granted tools.';
const PARSED = 'JSON.parse takes text; results of tools are values already: use them as they are.';
const NOT_DEFINED = /^'?([A-Za-z]+)'? is not defined$/;
const MODULES = /^could not load module /;

function hintFor(name, message) {
  if (message.length > 200) return undefined;
  if (name === 'ReferenceError') {
    const match = regexpExec(NOT_DEFINED, message);
    if (match !== null) return HINTS[match[1]];
  }
  if (name === 'SyntaxError' && message === "unexpected token: 'object'") return PARSED;
  return regexpExec(MODULES, message) !== null ? NO_MODULES : undefined;
}
