// What the C codec asks for: containers taken apart and put together with the kept built-ins.
//
// from 10-primordials: *
// from C: host
// gives: EXCEPTIONS flatten fromHex revive toHex

const EXT_MAP = 3, EXT_SET = 4, EXT_REGEXP = 5;

function flatten(value) {
  const flat = list();
  if (host.classOf(value) === 'Map') {
    mapForEach(value, (item, key) => { push(flat, key); push(flat, item); });
  } else if (host.classOf(value) === 'RegExp') {
    push(flat, regexpSource(value));
    push(flat, regexpFlags(value));
  } else {
    setForEach(value, (item) => { push(flat, item); });
  }
  return flat;
}

const EXCEPTIONS = {
  __proto__: null, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError,
};

// parts: name, message, stack, whether it has a cause, the cause, the list of an AggregateError.
function reviveError(parts) {
  const error = new (EXCEPTIONS[parts[0]] ?? Error)(parts[1]);
  define(error, 'name', parts[0]);
  define(error, 'stack', parts[2]);
  if (parts[3]) define(error, 'cause', parts[4]);
  if (parts[5]) define(error, 'errors', parts[5]);
  return error;
}

// (kind) makes an empty container, (kind, parts) a full one, (kind, target, parts) fills one.
function revive(kind, target, parts) {
  if (kind === EXT_REGEXP) return new RegExp(target[0], target[1]);
  if (kind !== EXT_MAP && kind !== EXT_SET) return reviveError(target);
  if (target === undefined) return kind === EXT_MAP ? new Map() : new Set();
  if (parts === undefined) return revive(kind, revive(kind), target);
  if (kind === EXT_MAP) {
    for (let i = 0; i + 1 < parts.length; i += 2) mapSet(target, parts[i], parts[i + 1]);
  } else {
    for (let i = 0; i < parts.length; i++) setAdd(target, parts[i]);
  }
  return target;
}

const toHex = (bigint) => bigintToString(bigint, 16);
const fromHex = (text) =>
  text[0] === '-' ? -BigInt('0x' + stringSlice(text, 1)) : BigInt('0x' + text);
