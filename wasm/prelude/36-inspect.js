// Any value as text, as Node's util.inspect shows it by default. It runs no code of the script:
// getters show as [Getter], a proxy as its target. Work and output are bounded.
//
// from 10-primordials: *
// from 30-text: quote
// from 31-layout: layOut
// from 33-primitives: formatInner formatPrimitive
// from 35-shapes: shapeOf
// from C: host
// gives: MAX_LEVELS inspect

const MAX_ITEMS = 100;          // of an array, Map or Set
const MAX_LEVELS = 100;         // whatever depth is asked for: each level takes native stack
const MAX_VALUES = 20000;       // in one call of inspect; beyond, objects show by name only
const NAME = /^[a-zA-Z_][a-zA-Z_0-9]*$/;

// options: depth (levels below the first), items (of an array, Map or Set).
function inspect(value, options) {
  return formatValue({
    __proto__: null,
    formatValue,        // for what stands inside of a value, so that its shape need not know us
    depth: min(options?.depth ?? 2, MAX_LEVELS),
    items: options?.items ?? MAX_ITEMS,
    indent: 0,          // columns
    level: 0,           // of the object entered last: tells layOut how deep the one before goes
    open: list(),       // the objects around this one
    circular: new Map(), // object -> number, for those that contain themselves
    left: MAX_VALUES,
  }, value, 0);
}

function formatValue(state, value, level) {
  if (!isObject(value)) return formatPrimitive(state, value);
  let object = value;
  for (let i = 0; host.isProxy(object); i++) {
    object = i < MAX_LEVELS ? host.proxyTarget(object) : null;
    if (object === null) return '<Revoked Proxy>';
  }
  for (let i = 0; i < state.open.length; i++) {
    if (state.open[i] === object) return circularMark(state, object);
  }
  return formatObject(state, object, level);
}

function circularMark(state, object) {
  if (!mapHas(state.circular, object)) mapSet(state.circular, object, mapSize(state.circular) + 1);
  return '[Circular *' + mapGet(state.circular, object) + ']';
}

function formatObject(state, object, level) {
  const kind = host.classOf(object);
  if (state.left < 0) return '[' + kind + ']';
  const shape = shapeOf(state, object, kind, level);
  if (typeof shape === 'string') return shape;
  state.left--;
  if (level > state.depth) return '[' + shape.name + ']';
  state.level = level;
  push(state.open, object);
  const output = list();
  if (shape.entries) shape.entries(state, object, level + 1, output, shape);
  for (let i = 0; i < shape.keys.length; i++) {
    push(output, formatProperty(state, object, shape.keys[i], level + 1, shape));
  }
  state.open.length--;
  let { base, open } = shape;
  if (mapHas(state.circular, object)) {
    const mark = '<ref *' + mapGet(state.circular, object) + '>';
    if (base === '') open = mark + ' ' + open;
    else base = mark + ' ' + base;
  }
  return layOut(state, output, { __proto__: null, ...shape, base, open }, level);
}

const keyText = (key) => {
  if (typeof key === 'symbol') return '[' + symbolToString(key) + ']';
  if (key === '__proto__') return "['__proto__']";
  return regexpExec(NAME, key) !== null ? key : quote(key);
};

function formatProperty(state, object, key, level, shape) {
  const descriptor = ownDescriptor(object, key) ?? { __proto__: null, value: object[key] };
  let text;
  if (descriptor.get) text = descriptor.set ? '[Getter/Setter]' : '[Getter]';
  else if (descriptor.set) text = '[Setter]';
  else text = formatInner(state, descriptor.value, level);
  // Properties such as an error's cause, which enumeration leaves out, stand in brackets.
  return (shape.hiddenKeys?.[key] ? '[' + key + ']' : keyText(key))
    + ': ' + text;
}
