// Text as inspect and console need it: quoted, measured, cut.
//
// from 10-primordials: *
// gives: ASCII hex plural quote replaceAll split width

const UNQUOTABLE = /[\x00-\x1f'\\\x7f-\x9f\ud800-\udfff]/;
const ESCAPES = {
  __proto__: null,
  '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r', '\\': '\\\\',
};

const hex = (code, digits) => padStart(numberToString(code, 16), digits, '0');

function escapeUnit(text, i, mark) {
  const unit = text[i], code = charCodeAt(unit, 0);
  if (unit === mark) return '\\' + unit;
  if (ESCAPES[unit]) return ESCAPES[unit];
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return '\\x' + toUpperCase(hex(code, 2));
  if (code < 0xd800 || code > 0xdfff) return unit;
  const before = i > 0 ? charCodeAt(text, i - 1) : 0;
  const after = i + 1 < text.length ? charCodeAt(text, i + 1) : 0;
  const paired = code < 0xdc00
    ? after >= 0xdc00 && after <= 0xdfff
    : before >= 0xd800 && before <= 0xdbff;
  return paired ? unit : '\\u' + hex(code, 4);
}

// A string as source text, in the quotes that need the fewest escapes.
function quote(text) {
  if (regexpExec(UNQUOTABLE, text) === null) return "'" + text + "'";
  let mark = "'";
  if (includes(text, "'")) {
    if (!includes(text, '"')) mark = '"';
    else if (!includes(text, '`') && !includes(text, '${')) mark = '`';
  }
  const parts = list();
  for (let i = 0; i < text.length; i++) push(parts, escapeUnit(text, i, mark));
  return mark + arrayJoin(parts, '') + mark;
}

const ASCII = /^[\x20-\x7e]*$/;
const NO_WIDTH = /^[\x00-\x1f\x7f-\x9f\u0300-\u036f\u200b-\u200f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\u{e0100}-\u{e01ef}]$/u;
const WIDE = /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u;

// Columns that a text takes in a terminal.
function width(text) {
  if (regexpExec(ASCII, text) !== null) return text.length;
  let columns = 0;
  for (let i = 0; i < text.length; i++) {
    const character = fromCodePoint(codePointAt(text, i));
    i += character.length - 1;
    if (regexpExec(NO_WIDTH, character) === null) {
      columns += regexpExec(WIDE, character) === null ? 1 : 2;
    }
  }
  return columns;
}

function split(text, separator) {
  const parts = list();
  let from = 0;
  for (let at; (at = indexOf(text, separator, from)) >= 0; from = at + separator.length) {
    push(parts, stringSlice(text, from, at));
  }
  push(parts, stringSlice(text, from));
  return parts;
}

const replaceAll = (text, from, to) =>
  includes(text, from) ? arrayJoin(split(text, from), to) : text;
const plural = (count, noun) => count + ' ' + noun + (count === 1 ? '' : 's');
