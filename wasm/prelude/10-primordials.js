// The original built-ins, kept before any script runs. Everything in the prelude uses these and
// never a property of an object that script code can reach, so a script that changes a prototype
// can mislead itself but not the prelude. That also rules out, everywhere in the prelude: spread,
// array destructuring and for-of (they look up iterators), literal descriptors with a prototype,
// and assigning to an index that an ordinary array does not have yet.
//
// from C: host
// gives: *

const {
  Array, ArrayBuffer, BigInt, Boolean, DataView, Date, DOMException, Error, Map, Math, Number,
  Object, Promise, Proxy, Reflect, RegExp, Set, String, Symbol, TypeError, RangeError,
  ReferenceError, SyntaxError, URIError, EvalError, WeakMap, WeakSet, JSON, Uint8Array,
  parseInt, parseFloat, encodeURIComponent,
} = globalThis;
const { apply, ownKeys, getPrototypeOf, defineProperty } = Reflect;
const { create, setPrototypeOf } = Object; // gives the object, unlike Reflect's
const { clz32, floor, max, min, round, sqrt, trunc } = Math;
const { isNaN: isNaNValue } = Number;
const { stringify } = JSON;
const { isArray } = Array;
const arrayFrom = (iterable) => apply(ArrayFrom, Array, [iterable]);
const ArrayFrom = Array.from;
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const getter = (prototype, name) => uncurry(Reflect.getOwnPropertyDescriptor(prototype, name).get);

const arrayJoin = uncurry(Array.prototype.join);
const arrayValues = uncurry(Array.prototype.values);
const arraySort = uncurry(Array.prototype.sort);
const mapForEach = uncurry(Map.prototype.forEach);
const mapSet = uncurry(Map.prototype.set);
const mapGet = uncurry(Map.prototype.get);
const mapHas = uncurry(Map.prototype.has);
const mapDelete = uncurry(Map.prototype.delete);
const mapClear = uncurry(Map.prototype.clear);
const mapSize = getter(Map.prototype, 'size');
const weakMapGet = uncurry(WeakMap.prototype.get);
const weakMapSet = uncurry(WeakMap.prototype.set);
const setForEach = uncurry(Set.prototype.forEach);
const setAdd = uncurry(Set.prototype.add);
const setSize = getter(Set.prototype, 'size');
const getTime = uncurry(Date.prototype.getTime);
const dateToISOString = uncurry(Date.prototype.toISOString);
const bigintToString = uncurry(BigInt.prototype.toString);
const numberToString = uncurry(Number.prototype.toString);
const numberToFixed = uncurry(Number.prototype.toFixed);
const numberValueOf = uncurry(Number.prototype.valueOf);
const bigintValueOf = uncurry(BigInt.prototype.valueOf);
const booleanValueOf = uncurry(Boolean.prototype.valueOf);
const stringValueOf = uncurry(String.prototype.valueOf);
const symbolValueOf = uncurry(Symbol.prototype.valueOf);
const symbolToString = uncurry(Symbol.prototype.toString);
const functionToString = uncurry(Function.prototype.toString);
const regexpExec = uncurry(RegExp.prototype.exec);
const regexpSource = getter(RegExp.prototype, 'source');
// Not the getter `flags`: that one asks the others by name.
const FLAGS = setPrototypeOf(['hasIndices', 'global', 'ignoreCase', 'multiline', 'dotAll', 'unicode',
  'unicodeSets', 'sticky'].map((name) => getter(RegExp.prototype, name)), null);
const regexpFlags = (regexp) => {
  let flags = '';
  for (let i = 0; i < FLAGS.length; i++) if (FLAGS[i](regexp)) flags += 'dgimsuvy'[i];
  return flags;
};
const charCodeAt = uncurry(String.prototype.charCodeAt);
const codePointAt = uncurry(String.prototype.codePointAt);
const { fromCharCode, fromCodePoint } = String;
const stringSlice = uncurry(String.prototype.slice);
const indexOf = uncurry(String.prototype.indexOf);
const lastIndexOf = uncurry(String.prototype.lastIndexOf);
const includes = uncurry(String.prototype.includes);
const startsWith = uncurry(String.prototype.startsWith);
const endsWith = uncurry(String.prototype.endsWith);
const padStart = uncurry(String.prototype.padStart);
const padEnd = uncurry(String.prototype.padEnd);
const repeat = uncurry(String.prototype.repeat);
const toLowerCase = uncurry(String.prototype.toLowerCase);
const toUpperCase = uncurry(String.prototype.toUpperCase);
const toWellFormed = uncurry(String.prototype.toWellFormed);
const normalize = uncurry(String.prototype.normalize);
const hasOwn = Object.hasOwn;

const TypedArrayPrototype = getPrototypeOf(Uint8Array.prototype);
const typedLength = getter(TypedArrayPrototype, 'length');
const typedKeys = uncurry(TypedArrayPrototype.keys);
const typedBuffer = getter(TypedArrayPrototype, 'buffer');
const typedByteOffset = getter(TypedArrayPrototype, 'byteOffset');
const typedByteLength = getter(TypedArrayPrototype, 'byteLength');
const typedFill = uncurry(TypedArrayPrototype.set);
const bufferByteLength = getter(ArrayBuffer.prototype, 'byteLength');
const viewBuffer = getter(DataView.prototype, 'buffer');
const viewByteOffset = getter(DataView.prototype, 'byteOffset');
const viewByteLength = getter(DataView.prototype, 'byteLength');
const errorStack = getter(Error.prototype, 'stack');
const exceptionName = getter(DOMException.prototype, 'name');
const exceptionMessage = getter(DOMException.prototype, 'message');

const isObject = (value) =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

// An array without a prototype: its elements are all there is, whatever happens to Array.
const list = () => setPrototypeOf([], null);

const push = (array, value) => { array[array.length] = value; };

// An ordinary array, for script code, from a list.
const ArrayPrototype = Array.prototype;
const toArray = (items) => setPrototypeOf(items, ArrayPrototype);

// A copy of bytes of a buffer. `slice` would ask the buffer's class what to make.
const copyBytes = (buffer, from, to) => {
  const copy = new Uint8Array(to - from);
  typedFill(copy, new Uint8Array(buffer, from, to - from));
  return copy;
};

// Calls a method that may not belong to the value: the result, or undefined.
const attempt = (method, a, b) => {
  try {
    return method(a, b);
  } catch {
    return undefined;
  }
};

const define = (object, name, value) => {
  defineProperty(object, name, {
    __proto__: null, value, writable: true, enumerable: false, configurable: true,
  });
  return value;
};

const defineHidden = (object, name, value) => {
  defineProperty(object, name, { __proto__: null, value, configurable: true });
};

// Methods of `from` become methods of `object`, not enumerable as built-ins are. Written as
// methods, they have the right name and length and are no constructors.
const defineAll = (object, from) => {
  const names = ownKeys(from);
  for (let i = 0; i < names.length; i++) define(object, names[i], from[names[i]]);
  return object;
};

// The class of the built-in kind `name`, as `Object.prototype.toString` shows it.
const tagged = (constructor, name) => {
  defineHidden(constructor.prototype, Symbol.toStringTag, name);
  define(globalThis, name, constructor);
};

const { getOwnPropertyDescriptor } = Reflect;
const ownDescriptor = (object, key) => {
  const descriptor = getOwnPropertyDescriptor(object, key);
  if (descriptor) setPrototypeOf(descriptor, null);
  return descriptor;
};

const MAX_PROTOTYPES = 1000;

// What reading `object[key]` would give, as far as that runs no script code.
const peek = (object, key) => {
  let holder = object;
  for (let i = 0; i < MAX_PROTOTYPES && holder !== null && !host.isProxy(holder); i++) {
    const descriptor = ownDescriptor(holder, key);
    if (descriptor) return descriptor.value;
    holder = getPrototypeOf(holder);
  }
  return undefined;
};

// A property of an options object; of undefined too.
const option = (options, key) => (isObject(options) ? options[key] : undefined);
