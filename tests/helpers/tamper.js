// Replaces everything that a script can replace by something that throws. What the tests use
// afterwards is kept before.
const kept = {
  names: Object.getOwnPropertyNames, symbols: Object.getOwnPropertySymbols, define: Object.defineProperty,
  describe: Object.getOwnPropertyDescriptor, proto: Object.getPrototypeOf,
};
const log = console.log, { table, group } = console, Url = URL, Params = URLSearchParams, clone = structuredClone;
const encoder = new TextEncoder(), encode = encoder.encode.bind(encoder);
const decoder = new TextDecoder(), decode = decoder.decode.bind(decoder);
const wait = setTimeout, P = Promise, when = new Date(0), pattern = /x/g, set = new Set([1, 2]);
const map = new Map([['a', { b: 1 }]]), error = new Error('first', { cause: new TypeError('why') });
const money = Number.prototype.toLocaleString.bind(1234.5), compare = String.prototype.localeCompare.bind('a');
const day = Date.prototype.toLocaleString.bind(when), uuid = crypto.randomUUID;

const broken = function () { throw 'tampered'; };
const roots = [globalThis, Math, JSON, Reflect, console, crypto, performance];
for (const name of kept.names(globalThis)) {
  const value = globalThis[name];
  if (typeof value === 'function' && name !== 'broken') roots.push(value, value.prototype ?? {});
}
for (const value of [[].values(), new Map().keys(), new Set().keys(), ''[Symbol.iterator](), (function* () {})()]) {
  roots.push(kept.proto(value), kept.proto(kept.proto(value)));
}
roots.push(kept.proto(async () => {}), kept.proto(Uint8Array), kept.proto(Uint8Array.prototype));
const all = [];
for (const root of roots) for (const key of [...kept.names(root), ...kept.symbols(root)]) all.push([root, key]);
const onObject = [
  'get', 'set', 'enumerable', 'configurable', 'writable', 'entries', 'depth', 'name', 'stack', 'cause', 'toJSON',
  'signal', 'once', 'items', 'hiddenKeys', 'grouped', 'base', 'hidden', 'fatal', 'stream', 'style', 'errors', 'keys',
];
const accessor = Object.create(null);
accessor.get = accessor.set = broken;
accessor.configurable = true;
const ObjectPrototype = Object.prototype, ArrayPrototype = Array.prototype;
for (let i = 0; i < all.length; i++) {
  const root = all[i][0], key = all[i][1];
  if (root === globalThis) {
    // The script's own names stay; so do constructors: they name what is printed.
    if (typeof key === 'string' && key[0] >= 'a' && typeof globalThis[key] === 'function') globalThis[key] = broken;
    continue;
  }
  const found = kept.describe(root, key);
  if (!found || !found.configurable || key === 'constructor') continue;
  if (found.get || found.set) kept.define(root, key, accessor);
  else if (typeof found.value === 'function') kept.define(root, key, { value: broken, configurable: true });
}
for (let i = 0; i < onObject.length; i++) kept.define(ObjectPrototype, onObject[i], accessor);
for (let i = 0; i < 40; i++) kept.define(ArrayPrototype, i, accessor);
