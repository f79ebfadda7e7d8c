// structuredClone: the containers and values of the HTML standard, cycles kept.
//
// from 10-primordials: *
// from 20-codec: EXCEPTIONS flatten
// from 34-error-text: cut exception stackOf
// from 35-shapes: viewOf
// from 36-inspect: inspect
// from 50-format: SHALLOW
// from C: host

const { Float16Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array,
  Uint8ClampedArray, Uint16Array, Uint32Array, BigInt64Array, BigUint64Array } = globalThis;
const VIEWS = {
  __proto__: null, Float16Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array,
  Uint8Array, Uint8ClampedArray, Uint16Array, Uint32Array, BigInt64Array, BigUint64Array,
};

const refuse = (value) => {
  throw exception(cut(inspect(value, SHALLOW)) + ' could not be cloned.', 'DataCloneError');
};

function cloneView(value, kind, seen) {
  if (kind === 'DataView') {
    const buffer = clone(viewBuffer(value), seen);
    return new DataView(buffer, viewByteOffset(value), viewByteLength(value));
  }
  return new VIEWS[kind](clone(typedBuffer(value), seen), typedByteOffset(value), typedLength(value));
}

function cloneError(value, seen) {
  const name = value.name;
  const copy = create((EXCEPTIONS[name] ?? Error).prototype);
  const error = setPrototypeOf(new Error(), getPrototypeOf(copy));
  delete error.message;
  mapSet(seen, value, error);
  const message = peek(value, 'message'), stack = stackOf(value);
  if (message !== undefined) define(error, 'message', String(message));
  define(error, 'stack', typeof stack === 'string' ? stack : '');
  if (hasOwn(value, 'cause')) define(error, 'cause', clone(value.cause, seen));
  return error;
}

function cloneProperties(value, copy, seen) {
  const keys = host.keys(value, false);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key !== 'string' || !hasOwn(value, key)) continue;
    defineProperty(copy, key, {
      __proto__: null, value: clone(value[key], seen),
      writable: true, enumerable: true, configurable: true,
    });
  }
  return copy;
}

function shellOf(value, kind) {
  switch (kind) {
    case 'Object': case 'Arguments': return {};
    case 'Array': return new Array(value.length);
    case 'Map': return new Map();
    case 'Set': return new Set();
    case 'Date': return new Date(getTime(value));
    case 'RegExp': return new RegExp(regexpSource(value), regexpFlags(value));
    case 'ArrayBuffer': return typedBuffer(copyBytes(value, 0, bufferByteLength(value)));
    case 'Number': return Object(numberValueOf(value));
    case 'String': return Object(stringValueOf(value));
    case 'Boolean': return Object(booleanValueOf(value));
    case 'BigInt': return Object(bigintValueOf(value));
    case 'DOMException': return new DOMException(exceptionMessage(value), exceptionName(value));
    default: return undefined;
  }
}

function clone(value, seen) {
  if (typeof value === 'symbol' || typeof value === 'function') refuse(value);
  if (!isObject(value)) return value;
  if (mapHas(seen, value)) return mapGet(seen, value);
  if (host.isProxy(value)) refuse(value);
  const kind = host.classOf(value);
  if (kind === 'Error') return cloneError(value, seen);
  const isBytes = VIEWS[kind] || kind === 'DataView';
  const copy = isBytes ? cloneView(value, kind, seen) : shellOf(value, kind);
  if (copy === undefined || viewOf(value)) refuse(value);
  mapSet(seen, value, copy);
  if (kind === 'Map') {
    const items = flatten(value); // first, for the values' getters may change the Map
    for (let i = 0; i < items.length; i += 2) {
      mapSet(copy, clone(items[i], seen), clone(items[i + 1], seen));
    }
  } else if (kind === 'Set') {
    const items = flatten(value);
    for (let i = 0; i < items.length; i++) setAdd(copy, clone(items[i], seen));
  } else if (kind === 'Object' || kind === 'Arguments' || kind === 'Array') {
    cloneProperties(value, copy, seen);
  }
  return copy;
}

defineAll(globalThis, {
  structuredClone(value, options) {
    if (arguments.length === 0) throw new TypeError('structuredClone needs a value');
    const transfer = option(options, 'transfer');
    if (transfer !== undefined && transfer.length) {
      throw exception('structuredClone copies only: nothing can be transferred', 'DataCloneError');
    }
    return clone(value, new Map());
  },
});
