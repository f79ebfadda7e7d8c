// Numbers as people write them: what Intl.NumberFormat shows.
//
// from 10-primordials: *
// from 30-text: replaceAll split
// from 80-locales: fieldsOf formOf textOf
// from 81-plurals: pluralCategory
// from 82-decimals: roundDigits roundToIncrement writeDecimal
// from C: host
// gives: inTemplate joined numberParts roundFor

const SYMBOL_AT_END = /[\p{S}\s]$/u;
const SYMBOL_AT_BEGIN = /^[\p{S}\s]/u;

let lastSymbols; // of the locale that was asked for last

function symbolsOf({ locale }) {
  if (lastSymbols?.locale === locale) return lastSymbols;
  const fields = fieldsOf(textOf(locale, 'number'));
  return lastSymbols = {
    __proto__: null, locale, patterns: { __proto__: null }, decimal: fields[0], group: fields[1], percent: fields[2], plus: fields[3], minus: fields[4],
    exponent: fields[5], infinity: fields[6], nan: fields[7], number: fields[8], percentPattern: fields[9],
    money: fields[10], accounting: fields[11], moneyDecimal: fields[12], moneyGroup: fields[13],
    leastGroup: +fields[14],
  };
}

// A pattern as { before, after, negativeBefore, negativeAfter, primary, secondary }.
function parsePattern(pattern) {
  const at = indexOf(pattern, ';'), positive = at < 0 ? pattern : stringSlice(pattern, 0, at);
  const parts = patternParts(positive), number = parts[2];
  const comma = lastIndexOf(number, ','), first = indexOf(number, ',');
  const dot = indexOf(number, '.'), end = dot < 0 ? number.length : dot;
  const inner = lastIndexOf(stringSlice(number, 0, max(comma, 0)), ',');
  const negative = at < 0 ? undefined : patternParts(stringSlice(pattern, at + 1));
  return {
    __proto__: null, before: parts[1], after: parts[3],
    negativeBefore: negative?.[1], negativeAfter: negative?.[3],
    primary: comma < 0 ? 0 : end - comma - 1, secondary: first === comma ? 0 : comma - inner - 1,
    zeros: number.length,
  };
}
const patternParts = (pattern) => regexpExec(/^((?:'[^']*'|[^#0,.'])*)([#0,.]+)([^]*)$/, pattern);

function groupParts(parts, whole, plan, pattern) {
  const { symbols, useGrouping } = plan, { primary } = pattern;
  const secondary = pattern.secondary || primary;
  const least = useGrouping === 'always' ? 1 : useGrouping === 'min2' ? 2 : symbols.leastGroup;
  if (useGrouping === false || primary === 0 || whole.length < primary + least) {
    push(parts, ['integer', whole]);
    return;
  }
  const money = plan.style === 'currency' && symbols.moneyGroup !== '';
  const group = money ? symbols.moneyGroup : symbols.group, head = whole.length - primary;
  for (let end = head % secondary || secondary, from = 0; from < head; from = end, end += secondary) {
    push(parts, ['integer', stringSlice(whole, from, end)]);
    push(parts, ['group', group]);
  }
  push(parts, ['integer', stringSlice(whole, head)]);
}

// Rounds as the format says: { decimal, text }.
function roundFor(plan, decimal) {
  const { rounding, roundingMode: mode } = plan;
  if (decimal.special !== undefined) return { decimal, text: '' };
  const bySignificant = () => {
    const rounded = roundDigits(decimal, plan.maximumSignificantDigits, mode);
    const magnitude = rounded.digits === '' ? 1 : rounded.point;
    return { decimal: rounded, least: max(plan.minimumSignificantDigits - magnitude, 0) };
  };
  const byFraction = () => {
    const places = plan.maximumFractionDigits;
    const rounded = plan.roundingIncrement === 1 ? roundDigits(decimal, decimal.point + places, mode)
      : roundToIncrement(decimal, places, plan.roundingIncrement, mode);
    return { decimal: rounded, least: plan.minimumFractionDigits };
  };
  let chosen;
  if (rounding === 'significantDigits') chosen = bySignificant();
  else if (rounding === 'fractionDigits') chosen = byFraction();
  else {
    const finer = decimal.digits === '' ? 1 - plan.maximumSignificantDigits
      : decimal.point - plan.maximumSignificantDigits; // the power of ten of the last digit
    const significantIsFiner = finer <= -plan.maximumFractionDigits;
    chosen = (rounding === 'morePrecision') === significantIsFiner ? bySignificant() : byFraction();
  }
  let { least } = chosen;
  if (plan.trailingZeroDisplay === 'stripIfInteger' && chosen.decimal.digits.length <= chosen.decimal.point) {
    least = 0;
  }
  return { decimal: chosen.decimal, text: writeDecimal(chosen.decimal, plan.minimumIntegerDigits, least) };
}

const shifted = (decimal, by) => (decimal.digits === '' ? decimal : { ...decimal, point: decimal.point + by });

// In thousands, millions and so on: { rounded, exponent, patterns }.
function compactFor(plan, decimal, name) {
  const text = textOf(plan.locale, name), other = fieldsOf(formOf(text, 'other'));
  const exponentAt = (magnitude) => {
    if (magnitude < 3) return 0;
    const power = min(magnitude, 14), pattern = other[power - 3];
    const zeros = regexpExec(/0+/, pattern)[0].length;
    return pattern === '0' ? 0 : power - zeros + 1;
  };
  let magnitude = decimal.digits === '' ? 0 : decimal.point - 1, exponent = exponentAt(magnitude);
  let rounded = roundFor(plan, shifted(decimal, -exponent));
  const larger = rounded.decimal.digits === '' ? 0 : rounded.decimal.point - 1 + exponent;
  if (larger > magnitude && exponentAt(larger) !== exponent) {
    magnitude = larger;
    exponent = exponentAt(magnitude);
    rounded = roundFor(plan, shifted(decimal, -exponent));
  } else magnitude = max(magnitude, larger);
  if (exponent === 0) return { rounded, exponent, pattern: undefined };
  const category = pluralCategory(plan.locale, 'plural', rounded.text, 0);
  return { rounded, exponent, pattern: fieldsOf(formOf(text, category))[min(magnitude, 14) - 3] };
}

function scientificFor(plan, decimal) {
  const step = plan.notation === 'engineering' ? 3 : 1;
  const exponentOf = (number) => (number.digits === '' ? 0 : floor((number.point - 1) / step) * step);
  let exponent = exponentOf(decimal), rounded = roundFor(plan, shifted(decimal, -exponent));
  const larger = exponentOf(shifted(rounded.decimal, exponent));
  if (larger > exponent) rounded = roundFor(plan, shifted(decimal, -(exponent = larger)));
  return { rounded, exponent };
}

// The digits of a number as parts; `exponent` of scientific notation.
function digitParts(plan, rounded, pattern, exponent) {
  const parts = list(), { symbols } = plan, { special } = rounded.decimal;
  if (special !== undefined) {
    push(parts, [special, symbols[special]]);
    return parts;
  }
  const dot = indexOf(rounded.text, '.');
  const whole = dot < 0 ? rounded.text : stringSlice(rounded.text, 0, dot);
  groupParts(parts, whole, plan, pattern);
  if (dot >= 0) {
    push(parts, ['decimal', plan.style === 'currency' && symbols.moneyDecimal || symbols.decimal]);
    push(parts, ['fraction', stringSlice(rounded.text, dot + 1)]);
  }
  if (exponent === undefined) return parts;
  push(parts, ['exponentSeparator', symbols.exponent]);
  if (exponent < 0) push(parts, ['exponentMinusSign', symbols.minus]);
  push(parts, ['exponentInteger', '' + (exponent < 0 ? -exponent : exponent)]);
  return parts;
}

const append = (parts, more) => {
  for (let i = 0; i < more.length; i++) push(parts, more[i]);
};

const signOf = (plan, decimal) => {
  const zero = decimal.digits === '' && decimal.special !== 'infinity', shown = plan.signDisplay;
  if (shown === 'never') return '';
  if (decimal.negative && decimal.special !== 'nan') {
    return zero && (shown === 'negative' || shown === 'exceptZero') ? '' : '-';
  }
  return shown === 'always' || (shown === 'exceptZero' && !zero && decimal.special !== 'nan') ? '+' : '';
};

function currencySymbol(plan) {
  const { currency, currencyDisplay } = plan;
  if (currencyDisplay === 'code') return currency;
  const symbol = moneyText(plan.locale, currency, 'symbol');
  if (currencyDisplay === 'symbol') return symbol;
  return host.localeText('narrow', currency) ?? symbol;
}

function moneyText(locale, code, what) {
  const text = textOf(locale, 'money', code);
  if (text === undefined) return what === 'symbol' ? code : 'other\t' + code;
  const end = indexOf(text, '\n');
  return what === 'symbol' ? stringSlice(text, 0, end) : stringSlice(text, end + 1);
}

// What stands before or behind the digits, as parts: signs, symbols and words of a pattern.
function affixParts(affix, plan, symbol, sign, compact) {
  const parts = list();
  let text = '', inQuotes = false;
  const flush = () => {
    if (text !== '') pushWords(parts, text, compact);
    text = '';
  };
  const special = (type, value) => {
    flush();
    if (value !== '') push(parts, [type, value]);
  };
  for (let i = 0; i < affix.length; i++) {
    const c = affix[i];
    if (c === "'") inQuotes = !inQuotes;
    else if (inQuotes) text += c;
    else if (c === '¤') special('currency', symbol);
    else if (c === '%') special('percentSign', plan.symbols.percent);
    else if (c === '-') special(sign === '+' ? 'plusSign' : 'minusSign', signText(plan, sign));
    else text += c;
  }
  flush();
  return parts;
}
const signText = (plan, sign) => (sign === '-' ? plan.symbols.minus : sign === '+' ? plan.symbols.plus : '');

// Words of a compact form are a part of their own, without the spaces around them.
function pushWords(parts, text, compact) {
  const match = compact ? regexpExec(/^(\s*)([^]*?)(\s*)$/, text) : null;
  if (match === null || match[2] === '') {
    push(parts, ['literal', text]);
    return;
  }
  if (match[1] !== '') push(parts, ['literal', match[1]]);
  push(parts, ['compact', match[2]]);
  if (match[3] !== '') push(parts, ['literal', match[3]]);
}

// A letter next to a digit is kept apart: USD 5, but $5.
function spaceCurrency(before, digits, after) {
  const touching = digits[0][0] !== 'infinity' && digits[0][0] !== 'nan';
  const last = before.length > 0 ? before[before.length - 1] : undefined;
  if (last?.[0] === 'currency' && touching && regexpExec(SYMBOL_AT_END, last[1]) === null) {
    push(before, ['literal', '\xa0']);
  }
  if (after.length > 0 && after[0][0] === 'currency' && touching
      && regexpExec(SYMBOL_AT_BEGIN, after[0][1]) === null) {
    const moved = list();
    push(moved, ['literal', '\xa0']);
    append(moved, after);
    return moved;
  }
  return after;
}

// A whole number as a list of [type, text].
function numberParts(plan, value) {
  const symbols = plan.symbols ??= symbolsOf(plan);
  const { style, notation } = plan, named = style === 'currency' && plan.currencyDisplay === 'name';
  const scaled = style === 'percent' ? shifted(value, 2) : value;
  const money = style === 'currency' && !named;
  const kind = money ? (plan.currencySign === 'accounting' ? 'accounting' : 'money')
    : style === 'percent' ? 'percentPattern' : 'number';
  const main = symbols.patterns[kind] ??= parsePattern(symbols[kind]);
  let rounded, exponent, words, power = 0;
  if (notation === 'compact' && value.special === undefined) {
    const name = money && plan.compactDisplay === 'short' ? 'compact/currency' : 'compact/' + plan.compactDisplay;
    ({ rounded, pattern: words, exponent: power } = compactFor(plan, scaled, name));
  } else if (notation === 'scientific' || notation === 'engineering') {
    ({ rounded, exponent } = scientificFor(plan, scaled));
  } else rounded = roundFor(plan, scaled);
  const digits = digitParts(plan, rounded, main, value.special === undefined ? exponent : undefined);
  const parts = aroundDigits(plan, digits, main, words, signOf(plan, rounded.decimal));
  if (!named && style !== 'unit') return parts;
  const category = rounded.decimal.special !== undefined ? 'other'
    : pluralCategory(plan.locale, 'plural', rounded.text, power);
  return named ? withName(plan, parts, category) : withUnit(plan, parts, category);
}

function aroundDigits(plan, digits, main, words, sign) {
  const symbol = plan.style === 'currency' && plan.currencyDisplay !== 'name' ? currencySymbol(plan) : '';
  let { before, after } = main;
  const signed = main.negativeBefore !== undefined && includes(main.negativeBefore + main.negativeAfter, '-');
  let negative = signed ? sign !== '' : main.negativeBefore !== undefined && sign === '-';
  if (negative) ({ negativeBefore: before, negativeAfter: after } = main);
  if (words !== undefined) {
    // Some words have the number in them: mille.
    const inner = patternParts(words) ?? ['', words, '', ''], hasSymbol = includes(words, '¤');
    if (!includes(words, '0')) digits.length = 0;
    if (hasSymbol || main.before + main.after === '') {
      negative = false;
      before = inner[1];
      after = inner[3];
    } else { // the words stand between the digits and what surrounds them
      const tail = affixParts(inner[3], plan, symbol, sign, true);
      append(digits, tail);
    }
  }
  if (sign !== '' && !negative) before = '-' + before;
  const first = affixParts(before, plan, symbol, sign, words !== undefined);
  let last = affixParts(after, plan, symbol, sign, words !== undefined);
  if (symbol !== '') last = spaceCurrency(first, digits, last);
  append(first, digits);
  append(first, last);
  return first;
}

// A number inside of a text with {0} in it, and {1} for a name.
function inTemplate(template, parts, type, name) {
  const out = list();
  const words = (text) => {
    if (text === '') return;
    const match = type === 'unit' ? regexpExec(/^(\s*)([^]*?)(\s*)$/, text) : null;
    if (match === null || match[2] === '') push(out, ['literal', text]);
    else {
      if (match[1] !== '') push(out, ['literal', match[1]]);
      push(out, [type, match[2]]);
      if (match[3] !== '') push(out, ['literal', match[3]]);
    }
  };
  let from = 0;
  for (let at; (at = indexOf(template, '{', from)) >= 0; from = at + 3) {
    words(stringSlice(template, from, at));
    if (template[at + 1] === '0') append(out, parts);
    else push(out, [type, name]);
  }
  words(stringSlice(template, from));
  return out;
}

function withName(plan, parts, category) {
  const name = formOf(moneyText(plan.locale, plan.currency, 'names'), category);
  return inTemplate(formOf(textOf(plan.locale, 'named'), category), parts, 'currency', name);
}

// Of a unit: its texts for a length, and how it stands behind "per".
function unitTexts(locale, unit, length) {
  const text = textOf(locale, 'unit', unit);
  if (text === undefined) return undefined;
  const block = split(text, '\f')[length === 'long' ? 0 : length === 'short' ? 1 : 2];
  const end = lastIndexOf(block, '\n');
  return { forms: stringSlice(block, 0, end), per: stringSlice(block, end + 1) };
}

function withUnit(plan, parts, category) {
  const { locale, unit, unitDisplay } = plan, per = indexOf(unit, '-per-');
  const whole = unitTexts(locale, unit, unitDisplay);
  if (whole !== undefined) return inTemplate(formOf(whole.forms, category), parts, 'unit');
  const first = unitTexts(locale, stringSlice(unit, 0, per), unitDisplay);
  const second = unitTexts(locale, stringSlice(unit, per + 5), unitDisplay);
  const inner = formOf(first.forms, category);
  if (second.per !== '') return inTemplate(replaceAll(second.per, '{0}', inner), parts, 'unit');
  const divisor = regexpExec(/^\s*([^]*?)\s*$/, replaceAll(formOf(second.forms, 'one'), '{0}', ''))[1];
  const compound = replaceAll(textOf(locale, 'per/' + unitDisplay), '{1}', divisor);
  return inTemplate(replaceAll(compound, '{0}', inner), parts, 'unit');
}

function joined(parts) {
  let text = '';
  for (let i = 0; i < parts.length; i++) text += parts[i][1];
  return text;
}
