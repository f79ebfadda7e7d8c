// The original built-ins, kept before any script runs. Everything in the prelude uses these and
// never a property of an object that script code can reach, so a script that changes a prototype
// can mislead itself but not the prelude.
const {
  Array, ArrayBuffer, BigInt, Date, Error, Map, Math, Number, Object, Promise, Proxy, Reflect,
  RegExp, Set, String, Symbol, TypeError, RangeError, WeakMap, WeakSet, JSON,
} = globalThis;
const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf, defineProperty } = Reflect;
const uncurry = Function.prototype.bind.bind(Function.prototype.call);

const arrayPush = uncurry(Array.prototype.push);
const arrayJoin = uncurry(Array.prototype.join);
const arraySplice = uncurry(Array.prototype.splice);
const mapForEach = uncurry(Map.prototype.forEach);
const mapSet = uncurry(Map.prototype.set);
const mapGet = uncurry(Map.prototype.get);
const mapHas = uncurry(Map.prototype.has);
const mapDelete = uncurry(Map.prototype.delete);
const setForEach = uncurry(Set.prototype.forEach);
const setAdd = uncurry(Set.prototype.add);
const getTime = uncurry(Date.prototype.getTime);
const bigintToString = uncurry(BigInt.prototype.toString);
const regexpSource = uncurry(getOwnPropertyDescriptor(RegExp.prototype, 'source').get);
const regexpFlags = uncurry(getOwnPropertyDescriptor(RegExp.prototype, 'flags').get);
const mapSize = uncurry(getOwnPropertyDescriptor(Map.prototype, 'size').get);
const isArray = Array.isArray;

// Calls a method that may not belong to the value: the result, or undefined.
const attempt = (method, ...args) => {
  try {
    return method(...args);
  } catch {
    return undefined;
  }
};

const define = (object, name, value) =>
  defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true });
