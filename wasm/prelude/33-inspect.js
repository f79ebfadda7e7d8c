// Any value as text, as Node's util.inspect shows it by default. It runs no code of the script:
// getters show as [Getter], a proxy as its target. Work and output are bounded.
const MAX_ITEMS = 100;          // of an array, Map or Set
const MAX_TEXT = 10000;         // UTF-16 units of a string
const MAX_LEVELS = 100;         // whatever depth is asked for: each level takes native stack
const MAX_VALUES = 20000;       // in one call of inspect; beyond, objects show by name only
const LONG_TEXT = 16;           // a longer string may be broken at its line ends
const NAME = /^[a-zA-Z_][a-zA-Z_0-9]*$/;

// options: depth (levels below the first), items (of an array, Map or Set).
function inspect(value, options) {
  return formatValue({
    __proto__: null,
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

const formatNumber = (number) => (number === 0 && 1 / number < 0 ? '-0' : numberToString(number));

function formatPrimitive(state, value) {
  switch (typeof value) {
    case 'string': return formatText(state, value);
    case 'number': return formatNumber(value);
    case 'bigint': return bigintToString(value) + 'n';
    case 'symbol': return symbolToString(value);
    default: return '' + value; // undefined, null, a boolean
  }
}

function formatText(state, whole) {
  let text = whole, note = '';
  if (text.length > MAX_TEXT) {
    note = '... ' + plural(text.length - MAX_TEXT, 'more character');
    text = stringSlice(text, 0, MAX_TEXT);
  }
  if (text.length <= LONG_TEXT || text.length <= LINE - state.indent - 4 || !includes(text, '\n')) {
    return quote(text) + note;
  }
  const lines = split(text, '\n'), quoted = list();
  for (let i = 0; i < lines.length; i++) {
    const line = i + 1 < lines.length ? lines[i] + '\n' : lines[i];
    if (line !== '') push(quoted, quote(line));
  }
  return arrayJoin(quoted, ' +\n' + repeat(' ', state.indent + 2)) + note;
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

function formatInner(state, value, level) {
  state.indent += 2;
  const text = formatValue(state, value, level);
  state.indent -= 2;
  return text;
}
