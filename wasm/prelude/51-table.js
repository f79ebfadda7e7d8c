// console.table: rows and columns in a frame.
//
// from 10-primordials: *
// from 30-text: plural replaceAll width
// from 36-inspect: inspect
// from 50-format: show
// from C: host
// gives: table

const CELL = { __proto__: null, depth: 0, items: 3 };
const NAME_ONLY = { __proto__: null, depth: -1 };
const MAX_ROWS = 1000, MAX_COLUMNS = 100;

const cellText = (value) => {
  const large = isObject(value) && !isArray(value) && !host.isProxy(value)
    && host.keys(value, false).length > 2;
  return replaceAll(inspect(value, large ? NAME_ONLY : CELL), '\n', ' ');
};

const fill = (text, columns) => text + repeat(' ', max(columns - width(text), 0));

const rule = (left, middle, right, widths) => {
  const parts = list();
  for (let i = 0; i < widths.length; i++) push(parts, repeat('─', widths[i] + 2));
  return left + arrayJoin(parts, middle) + right;
};

const rowText = (cells, widths) => {
  const parts = list();
  for (let i = 0; i < widths.length; i++) push(parts, ' ' + fill(cells[i] ?? '', widths[i]) + ' ');
  return '│' + arrayJoin(parts, '│') + '│';
};

// columns: list of { title, cells: Map from row number to text }
function drawTable(columns, rowCount) {
  const widths = list(), titles = list(), lines = list();
  for (let c = 0; c < columns.length; c++) {
    let widest = width(columns[c].title);
    mapForEach(columns[c].cells, (text) => { widest = max(widest, width(text)); });
    push(widths, widest);
    push(titles, columns[c].title);
  }
  push(lines, rule('┌', '┬', '┐', widths));
  push(lines, rowText(titles, widths));
  push(lines, rule('├', '┼', '┤', widths));
  for (let r = 0; r < rowCount; r++) {
    const cells = list();
    for (let c = 0; c < columns.length; c++) push(cells, mapGet(columns[c].cells, r) ?? '');
    push(lines, rowText(cells, widths));
  }
  push(lines, rule('└', '┴', '┘', widths));
  return arrayJoin(lines, '\n');
}

// { key, value } for every row; `title` of the first column.
function tableRows(data) {
  const rows = list(), kind = host.classOf(data);
  const add = (key, value, name) => { if (rows.length < MAX_ROWS) push(rows, { key, value, name }); };
  if (kind === 'Map') mapForEach(data, (value, name) => add('' + rows.length, value, name));
  else if (kind === 'Set') setForEach(data, (value) => add('' + rows.length, value));
  else {
    const keys = host.keys(data, false);
    for (let i = 0; i < keys.length && i < MAX_ROWS; i++) {
      if (typeof keys[i] === 'string') add(keys[i], ownDescriptor(data, keys[i])?.value ?? data[keys[i]]);
    }
  }
  return rows;
}

function table(data, only) {
  if (!isObject(data)) return show(data);
  if (host.isProxy(data)) return inspect(data);
  const kind = host.classOf(data), rows = tableRows(data);
  const columns = list(), byKey = new Map(), values = new Map();
  const column = (title) => {
    const made = { title, cells: new Map() };
    push(columns, made);
    return made.cells;
  };
  const iterated = kind === 'Map' || kind === 'Set';
  const index = column(iterated ? '(iteration index)' : '(index)');
  const names = kind === 'Map' ? column('Key') : undefined;
  for (let i = 0; isArray(only) && i < only.length; i++) {
    const title = '' + peek(only, i);
    mapSet(byKey, title, column(title));
  }
  for (let r = 0; r < rows.length; r++) {
    const { key, value, name } = rows[r];
    mapSet(index, r, key);
    if (names) mapSet(names, r, cellText(name));
    if (iterated || !isObject(value) || typeof value === 'function' || host.isProxy(value)) {
      mapSet(values, r, cellText(value));
      continue;
    }
    const keys = isArray(only) ? only : host.keys(value, false);
    for (let i = 0; i < keys.length; i++) {
      const field = isArray(only) ? '' + peek(only, i) : keys[i];
      if (typeof field !== 'string' || !hasOwn(value, field)) continue;
      if (!mapHas(byKey, field) && mapSize(byKey) < MAX_COLUMNS) mapSet(byKey, field, column(field));
      const cells = mapGet(byKey, field);
      if (cells) mapSet(cells, r, cellText(ownDescriptor(value, field).value));
    }
  }
  if (mapSize(values)) push(columns, { title: 'Values', cells: values });
  const all = iterated ? (kind === 'Map' ? mapSize(data) : setSize(data)) : rows.length;
  const text = drawTable(columns, rows.length);
  return all > rows.length ? text + '\n... ' + plural(all - rows.length, 'more row') : text;
}
