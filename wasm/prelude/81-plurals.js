// Plural rules of CLDR: which form a number takes, in the digits that it is shown with.
//
// from 10-primordials: *
// from 30-text: split
// from 80-locales: linesOf textOf
// gives: pluralCategory pluralNames

const RELATION = /^([niveftw])(?: mod ([0-9]+))? (not )?in ([0-9.,]+)$/;

// The operands of a number: `text` is what is shown of it without sign and groups, as in 1.50;
// `exponent` is what a compact form has left out.
function operandsOf(text, exponent) {
  const dot = indexOf(text, '.'), fraction = dot < 0 ? '' : stringSlice(text, dot + 1);
  const whole = dot < 0 ? text : stringSlice(text, 0, dot);
  const trimmed = regexpExec(/^([0-9]*?)0*$/, fraction)[1];
  const scale = 10 ** exponent;
  const n = +text * scale;
  return {
    __proto__: null, n, i: exponent > 0 ? floor(n) : +whole, v: max(fraction.length - exponent, 0),
    f: exponent > 0 ? 0 : +fraction, w: max(trimmed.length - exponent, 0),
    t: exponent > 0 ? 0 : +trimmed, e: exponent,
  };
}

function isIn(value, ranges) {
  const items = split(ranges, ',');
  for (let i = 0; i < items.length; i++) {
    const dots = indexOf(items[i], '..');
    if (dots < 0 ? value === +items[i]
      : value === floor(value) && value >= +stringSlice(items[i], 0, dots)
        && value <= +stringSlice(items[i], dots + 2)) return true;
  }
  return false;
}

function holds(condition, operands) {
  const parts = split(condition, ' and ');
  for (let i = 0; i < parts.length; i++) {
    const match = regexpExec(RELATION, parts[i]);
    const value = match[2] === undefined ? operands[match[1]] : operands[match[1]] % +match[2];
    if (isIn(value, match[4]) === (match[3] !== undefined)) return false;
  }
  return true;
}

// kind: `plural` or `ordinal`
function pluralCategory(locale, kind, text, exponent) {
  const rules = textOf(locale, kind);
  if (rules === '') return 'other';
  const operands = operandsOf(text, exponent), lines = linesOf(rules);
  for (let i = 0; i < lines.length; i++) {
    const colon = indexOf(lines[i], ':'), either = split(stringSlice(lines[i], colon + 1), ' or ');
    for (let j = 0; j < either.length; j++) {
      if (holds(either[j], operands)) return stringSlice(lines[i], 0, colon);
    }
  }
  return 'other';
}

const PLURAL_ORDER = 'zero one two few many other';

function pluralNames(locale, kind) {
  const rules = '\n' + textOf(locale, kind), order = split(PLURAL_ORDER, ' '), names = list();
  for (let i = 0; i < order.length; i++) {
    if (order[i] === 'other' || includes(rules, '\n' + order[i] + ':')) push(names, order[i]);
  }
  return toArray(names);
}
