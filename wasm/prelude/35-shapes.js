// How each kind of object is shown: a text when it has no contents of interest; otherwise
// { name, base, open, close, entries, keys }, with `name` for where the depth ends.
//
// from 10-primordials: *
// from 30-text: hex plural quote replaceAll
// from 32-names: TYPED bracketed functionName kindName namesOf prefix
// from 33-primitives: formatInner formatPrimitive
// from 34-error-text: errorShape
// from C: host
// gives: container propertyView shapeOf viewOf views

function shapeOf(state, object, kind, level) {
  const names = namesOf(object, kind);
  if (typeof object === 'function') {
    return withKeys(object, functionName(object, kind, names), names, kind);
  }
  if (kind === 'Error' || kind === 'DOMException') return errorShape(state, object, names);
  if (TYPED[kind]) return typedShape(object, names, kind);
  const special = SHAPES[kind];
  if (special) return special(object, names, state, level);
  const view = viewOf(object);
  if (view !== undefined) return view(object, names);
  return plainShape(object, names, kind);
}

function container(object, names, kind, size, more) {
  return {
    __proto__: null, name: bracketed(names, kind), base: '',
    open: prefix(names, kindName(kind), size) + '{', close: '}', keys: host.keys(object, false), ...more,
  };
}

// The names beside the indices; finding them takes memory for every index.
const MAX_SCANNED = 100000;
const namesBeside = (array, length) => length > MAX_SCANNED ? list() : host.keys(array, true);

const isEmpty = (shape) => shape.keys.length === 0;

function plainShape(object, names, kind) {
  const shape = container(object, names, kind);
  if (names.constructor === 'Object' && names.tag === '') shape.open = '{';
  else if (names.constructor === 'Object') shape.open = 'Object [' + names.tag + '] {';
  return isEmpty(shape) ? shape.open + '}' : shape;
}

// An object that one text stands for, unless it has properties of its own as well.
function withKeys(object, text, names, kind, keys = host.keys(object, false)) {
  if (keys.length === 0) return text;
  return { __proto__: null, name: bracketed(names, kind), base: text, open: '{', close: '}', keys };
}

function arrayShape(object, names) {
  const plain = names.constructor === 'Array' && names.tag === '';
  const open = (plain ? '' : prefix(names, 'Array', object.length)) + '[';
  const keys = namesBeside(object, object.length);
  if (object.length === 0 && keys.length === 0) return open + ']';
  return {
    __proto__: null, name: bracketed(names, 'Array'), base: '', open, close: ']', keys,
    entries: arrayEntries, grouped: true, hidden: false, numeric: false,
  };
}

// The holes of an array count as one entry for each run of them.
function arrayEntries(state, array, level, output, shape) {
  const { length } = array;
  let i = 0, numeric = true, indices;
  for (let shown = 0; i < length && shown < state.items; shown++) {
    const descriptor = ownDescriptor(array, i);
    if (descriptor) {
      if (descriptor.get || descriptor.set) {
        push(output, descriptor.set ? (descriptor.get ? '[Getter/Setter]' : '[Setter]') : '[Getter]');
      } else {
        push(output, formatInner(state, descriptor.value, level));
      }
      numeric &&= typeof descriptor.value === 'number' || typeof descriptor.value === 'bigint';
      i++;
      continue;
    }
    numeric = false;
    indices ??= host.keys(array, false);
    const next = nextIndex(indices, i, length);
    push(output, '<' + plural(next - i, 'empty item') + '>');
    i = next;
  }
  shape.numeric = numeric && shape.keys.length === 0;
  noteHidden(output, shape, length - i);
}

function nextIndex(indices, after, length) {
  for (let i = 0; i < indices.length; i++) {
    const index = +indices[i];
    if (!(index < length)) break;
    if (index > after) return index;
  }
  return length;
}

function noteHidden(output, shape, count) {
  if (count > 0) push(output, '... ' + plural(count, 'more item'));
  shape.hidden = count > 0;
}

function typedShape(object, names, kind) {
  const size = typedLength(object);
  const open = prefix(names, kind, size) + '[';
  const keys = namesBeside(object, size);
  if (size === 0 && keys.length === 0) return open + ']';
  const entries = (state, array, level, output, shape) => {
    const shown = min(size, state.items);
    for (let i = 0; i < shown; i++) push(output, formatPrimitive(state, array[i]));
    noteHidden(output, shape, size - shown);
  };
  return {
    __proto__: null, name: bracketed(names, kind), base: '', open, close: ']', keys, entries,
    grouped: true, hidden: false, numeric: keys.length === 0,
  };
}

// Calls visit(value, key) for the first items of a Map or Set, and notes the others.
function collectionEntries(forEach, size, visit) {
  return (state, object, level, output) => {
    let left = state.items;
    state.indent += 2;
    forEach(object, (value, key) => {
      if (left-- > 0) push(output, visit(state, level, value, key));
    });
    state.indent -= 2;
    if (size > state.items) push(output, '... ' + plural(size - state.items, 'more item'));
  };
}

const mapItem = (state, level, value, key) =>
  state.formatValue(state, key, level) + ' => ' + state.formatValue(state, value, level);

function mapShape(object, names) {
  const size = mapSize(object);
  const shape = container(object, names, 'Map', size);
  if (size === 0 && isEmpty(shape)) return shape.open + '}';
  shape.entries = collectionEntries(mapForEach, size, mapItem);
  return shape;
}

function setShape(object, names) {
  const size = setSize(object);
  const shape = container(object, names, 'Set', size);
  if (size === 0 && isEmpty(shape)) return shape.open + '}';
  shape.entries = collectionEntries(setForEach, size,
    (state, level, value) => state.formatValue(state, value, level));
  return shape;
}

function promiseShape(object, names) {
  return container(object, names, 'Promise', undefined, {
    entries(state, promise, level, output) {
      const settled = host.promise(promise); // [rejected, value], undefined while pending
      if (settled === undefined) return push(output, '<pending>');
      const text = formatInner(state, settled[1], level);
      push(output, settled[0] ? '<rejected> ' + text : text);
    },
  });
}

const MAX_BYTES = 50;

function bufferShape(object, names) {
  return container(object, names, 'ArrayBuffer', undefined, {
    entries(state, buffer, level, output) {
      const size = bufferByteLength(buffer), parts = list();
      const bytes = size ? new Uint8Array(buffer) : list();
      for (let i = 0; i < size && i < MAX_BYTES; i++) push(parts, hex(bytes[i], 2));
      const note = size > MAX_BYTES ? ' ... ' + plural(size - MAX_BYTES, 'more byte') : '';
      push(output, '[Uint8Contents]: <' + arrayJoin(parts, ' ') + note + '>');
      push(output, 'byteLength: ' + size);
    },
  });
}

function dataViewShape(object, names) {
  return container(object, names, 'DataView', undefined, {
    entries(state, view, level, output) {
      push(output, 'byteLength: ' + viewByteLength(view));
      push(output, 'byteOffset: ' + viewByteOffset(view));
      push(output, 'buffer: ' + formatInner(state, viewBuffer(view), level));
    },
  });
}

const unknownItems = (kind) => (object, names) => container(object, names, kind, undefined, {
  entries(state, weak, level, output) { push(output, '<items unknown>'); },
});

function dateShape(object, names) {
  const text = isNaNValue(getTime(object)) ? 'Invalid Date' : dateToISOString(object);
  return withKeys(object, renamed(text, names, 'Date'), names, 'Date');
}

const regexpShape = (object, names) => withKeys(
  object, renamed('/' + regexpSource(object) + '/' + regexpFlags(object), names, 'RegExp'), names,
  'RegExp');

const renamed = (text, names, kind) =>
  names.constructor === kind && names.tag === '' ? text : prefix(names, kind) + text;

const boxed = (kind, valueOf) => (object, names, state) => {
  const value = valueOf(object);
  const shown = typeof value === 'string' ? quote(value) : formatPrimitive(state, value);
  let type = kind;
  if (names.constructor !== kind) type += ' (' + (names.constructor ?? 'null prototype') + ')';
  const keys = host.keys(object, kind === 'String');
  return withKeys(object, '[' + type + ': ' + shown + ']', names, kind, keys);
};

function argumentsShape(object) {
  const keys = host.keys(object, false);
  if (keys.length === 0) return '[Arguments] {}';
  return { __proto__: null, name: 'Arguments', base: '', open: '[Arguments] {', close: '}', keys };
}

// [entries, items] that the iterator of a Map or Set will still give, without moving it on.
const iteratorShape = (object, names) => {
  const rest = host.iteratorRest(object), pairs = rest[0], items = rest[1];
  const tag = pairs ? replaceAll(names.tag, 'Iterator', 'Entries') : names.tag;
  const entries = (state, iterator, level, output, shape) => {
    const shown = min(items.length, state.items);
    for (let i = 0; i < shown; i++) push(output, formatInner(state, items[i], level));
    noteHidden(output, shape, items.length - shown);
  };
  return {
    __proto__: null, name: names.tag, base: '', open: '[' + tag + '] {', close: '}',
    keys: host.keys(object, false), entries,
  };
};

const SHAPES = {
  __proto__: null,
  Array: arrayShape, Map: mapShape, Set: setShape, Promise: promiseShape,
  ArrayBuffer: bufferShape, DataView: dataViewShape, Date: dateShape, RegExp: regexpShape,
  WeakMap: unknownItems('WeakMap'), WeakSet: unknownItems('WeakSet'),
  Arguments: argumentsShape,
  Number: boxed('Number', numberValueOf), String: boxed('String', stringValueOf),
  Boolean: boxed('Boolean', booleanValueOf), Symbol: boxed('Symbol', symbolValueOf),
  BigInt: boxed('BigInt', bigintValueOf),
  'Map Iterator': iteratorShape, 'Set Iterator': iteratorShape,
};

// The prelude's own classes (URL and others) say here how they are shown.
const views = list(); // functions: object -> undefined, or shape function

function viewOf(object) {
  for (let i = 0; i < views.length; i++) {
    const view = views[i](object);
    if (view !== undefined) return view;
  }
  return undefined;
}

// Shows an object as if it had the properties that `read` gives, by name.
const propertyView = (isMine, kind, read) => (object) => {
  if (!isMine(object)) return undefined;
  return (_, names) => container(object, names, kind, undefined, {
    keys: list(),
    entries(state, __, level, output) {
      const shown = read(object), keys = ownKeys(shown);
      for (let i = 0; i < keys.length; i++) {
        push(output, keys[i] + ': ' + formatInner(state, shown[keys[i]], level));
      }
    },
  });
};
