// What console.log makes of its arguments.
//
// from 10-primordials: *
// from 33-primitives: formatNumber
// from 34-error-text: cut errorText isError
// from 36-inspect: inspect
// from C: host
// gives: SHALLOW asText format show

const show = (value) => (typeof value === 'string' ? value : inspect(value));

const hasOwnText = (value) => {
  // A class of the script that says how it reads: its own toString, not a built-in one.
  for (let holder = value, i = 0; holder !== null && i < MAX_PROTOTYPES; i++) {
    if (host.isProxy(holder)) return false;
    if (hasOwn(holder, 'toString')) return !endsWith(nativeText(holder), NATIVE_END);
    holder = getPrototypeOf(holder);
  }
  return false;
};
const NATIVE_END = '[native code]\n}';
const nativeText = (holder) => {
  const method = ownDescriptor(holder, 'toString').value;
  return typeof method === 'function' && !host.isProxy(method) ? functionToString(method) : NATIVE_END;
};

const SHALLOW = { __proto__: null, depth: 0 };
const DEEP = { __proto__: null, depth: 4 };

function asText(value) {
  switch (typeof value) {
    case 'number': return formatNumber(value);
    case 'bigint': return bigintToString(value) + 'n';
    case 'string': return value;
    case 'symbol': return symbolToString(value);
    case 'object': case 'function': break;
    default: return '' + value;
  }
  if (value === null) return 'null';
  if (host.isProxy(value)) return inspect(value, SHALLOW);
  if (typeof value === 'function' && !hasOwn(value, 'toString')) {
    const source = functionToString(value);
    return startsWith(source, 'class') ? cut(source) : inspect(value, SHALLOW);
  }
  const text = isError(value) || !hasOwnText(value) ? undefined : attempt(String, value);
  return text === undefined ? inspect(value, SHALLOW) : text;
}

const toNumber = (value, read) => {
  if (typeof value === 'symbol') return 'NaN';
  return formatNumber(attempt(read, value) ?? NaN);
};
const toInteger = (value) => parseInt(isObject(value) ? String(value) : value, 10);

function asJSON(value) {
  try {
    return '' + stringify(value);
  } catch (error) {
    if (isError(error) && includes(errorText(error, 'message', peek) ?? '', 'circular')) return '[Circular]';
    throw error;
  }
}

// undefined for what is no directive: it stays as it is.
function directive(letter, value) {
  switch (letter) {
    case 's': return asText(value);
    case 'd': return typeof value === 'bigint' ? bigintToString(value) + 'n' : toNumber(value, Number);
    case 'i': return typeof value === 'bigint' ? bigintToString(value) + 'n' : toNumber(value, toInteger);
    case 'f': return toNumber(value, parseFloat);
    case 'j': return asJSON(value);
    case 'o': return inspect(value, DEEP);
    case 'O': return inspect(value);
    case 'c': return '';
    default: return undefined;
  }
}

// The text of one console call: a format string, or the arguments one after the other.
function format(args) {
  const parts = list();
  let next = 0;
  if (args.length > 1 && typeof args[0] === 'string') {
    next = 1;
    const pieces = list(), text = args[0];
    let from = 0;
    for (let at = indexOf(text, '%'); at >= 0 && at + 1 < text.length; at = indexOf(text, '%', at)) {
      const letter = text[at + 1];
      const shown = letter === '%' ? '%' : next < args.length ? directive(letter, args[next]) : undefined;
      at += shown === undefined ? 1 : 2;
      if (shown === undefined) continue;
      if (letter !== '%') next++;
      push(pieces, stringSlice(text, from, at - 2));
      push(pieces, shown);
      from = at;
    }
    push(pieces, stringSlice(text, from));
    push(parts, arrayJoin(pieces, ''));
  }
  for (; next < args.length; next++) push(parts, show(args[next]));
  return arrayJoin(parts, ' ');
}
