// Where inspect breaks lines: the rules of Node 20, so that output looks as models know it.
//
// from 10-primordials: *
// from 30-text: width
// gives: LINE layOut

const LINE = 80;        // columns
const UNITED_LEVELS = 3; // an object that contains no more levels than this may stay on one line
const GROUPED_FROM = 6;  // an array with more entries than this is set in columns

// Entries of an array in columns of equal width; `output` itself when they are too different.
function inColumns(state, output, hidden, alignRight) {
  const count = output.length - (hidden ? 1 : 0); // the note about hidden entries stays alone
  const widths = list();
  let total = 0, widest = 0;
  for (let i = 0; i < count; i++) {
    push(widths, width(output[i]));
    total += widths[i] + 2;
    widest = max(widest, widths[i]);
  }
  const cell = widest + 2;
  if (cell * 3 + state.indent >= LINE || (total / cell <= 5 && widest > 6)) return output;
  const usual = max(cell - 3 - sqrt(cell - total / output.length), 1);
  const columns = min(
    round(sqrt(2.5 * usual * count) / usual), // cells are about 2.5 times as high as wide
    floor((LINE - state.indent) / cell), UNITED_LEVELS * 4, 15);
  if (columns <= 1) return output;
  const rows = list(), columnWidths = list();
  for (let c = 0; c < columns; c++) {
    let broadest = 0;
    for (let i = c; i < count; i += columns) broadest = max(broadest, widths[i]);
    push(columnWidths, broadest + 2);
  }
  for (let i = 0; i < count; i += columns) {
    const end = min(i + columns, count), row = list();
    for (let j = i; j < end; j++) {
      const text = j + 1 < end ? output[j] + ', ' : output[j];
      const gap = columnWidths[j - i] - widths[j] - (j + 1 < end ? 2 : alignRight ? 2 : columnWidths[j - i]);
      push(row, alignRight ? repeat(' ', max(gap, 0)) + text : text + repeat(' ', max(gap, 0)));
    }
    push(rows, arrayJoin(row, ''));
  }
  if (hidden) push(rows, output[count]);
  return rows;
}

function fitsOneLine(output, start, base) {
  let total = output.length + start;
  if (total + output.length > LINE) return false;
  for (let i = 0; i < output.length; i++) {
    total += output[i].length;
    if (total > LINE || includes(output[i], '\n')) return false;
  }
  return !includes(base, '\n');
}

// shape: base (before the bracket), open, close, and for arrays `grouped`, `hidden`, `numeric`.
function layOut(state, output, shape, level) {
  const { base, open, close } = shape;
  const head = base ? base + ' ' + open : open;
  let entries = output;
  if (shape.grouped && output.length > GROUPED_FROM) {
    entries = inColumns(state, output, shape.hidden, shape.numeric);
  }
  if (state.level - level < UNITED_LEVELS && entries === output) {
    const start = output.length + state.indent + open.length + base.length + 10;
    if (fitsOneLine(output, start, base)) return head + ' ' + arrayJoin(output, ', ') + ' ' + close;
  }
  const margin = '\n' + repeat(' ', state.indent);
  return head + margin + '  ' + arrayJoin(entries, ',' + margin + '  ') + margin + close;
}
