// Values without parts as inspect shows them, and what stands inside of another value.
//
// from 10-primordials: *
// from 30-text: plural quote split
// from 31-layout: LINE
// gives: formatInner formatNumber formatPrimitive

const MAX_TEXT = 10000;         // UTF-16 units of a string
const LONG_TEXT = 16;           // a longer string may be broken at its line ends

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

function formatInner(state, value, level) {
  state.indent += 2;
  const text = state.formatValue(state, value, level);
  state.indent -= 2;
  return text;
}
