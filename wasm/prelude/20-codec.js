// What the C codec asks for: containers taken apart and put together with the kept built-ins.
const EXT_MAP = 3, EXT_SET = 4, EXT_REGEXP = 5;

const append = (array, value) =>
  defineProperty(array, array.length, { value, writable: true, enumerable: true, configurable: true });

function flatten(value) {
  const flat = [];
  if (attempt(mapForEach, value, (item, key) => { append(flat, key); append(flat, item); }) === undefined) {
    if (attempt(mapSize, value) !== undefined) return flat;
    const source = attempt(regexpSource, value);
    if (source !== undefined) return [source, regexpFlags(value)];
    setForEach(value, (item) => { append(flat, item); });
  }
  return flat;
}

function reviveError([name, message, stack, hasCause, cause, errors]) {
  const error = new Error(message);
  define(error, 'name', name);
  define(error, 'stack', stack);
  if (hasCause) define(error, 'cause', cause);
  if (errors) define(error, 'errors', errors);
  return error;
}

// (kind) makes an empty container, (kind, parts) a full one, (kind, container, parts) fills one.
function revive(kind, container, parts) {
  if (kind === EXT_REGEXP) return new RegExp(container[0], container[1]);
  if (kind !== EXT_MAP && kind !== EXT_SET) return reviveError(container);
  if (container === undefined) return kind === EXT_MAP ? new Map() : new Set();
  if (parts === undefined) return revive(kind, revive(kind), container);
  if (kind === EXT_MAP) {
    for (let i = 0; i + 1 < parts.length; i += 2) mapSet(container, parts[i], parts[i + 1]);
  } else {
    for (let i = 0; i < parts.length; i++) setAdd(container, parts[i]);
  }
  return container;
}

const toHex = (bigint) => bigintToString(bigint, 16);
const fromHex = (text) => (text[0] === '-' ? -BigInt('0x' + stringSlice(text, 1)) : BigInt('0x' + text));
const stringSlice = uncurry(String.prototype.slice);
