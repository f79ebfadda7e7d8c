// Lists and relative times in words: Intl.ListFormat and Intl.RelativeTimeFormat.
//
// from 10-primordials: *
// from 30-text: quote replaceAll split
// from 80-locales: NO_OPTIONS brief coercedOptions fieldsOf formOf localeMatcher onlyOption
//   optionsObject resolveLocale textOf textOption
// from 81-plurals: pluralCategory
// from 82-decimals: decimalOfNumber
// from 83-digit-options: resolveNumberFormat
// from 83-number-format: inTemplate joined numberParts roundFor
// from 86-date-format: WIDTH_AT
// from 88-intl: intlClass keep optionsOf shownParts stateOf

class ListFormat {
  constructor(locales = undefined, givenOptions = undefined) {
    const { locale } = resolveLocale(locales, NO_OPTIONS), options = optionsObject(givenOptions);
    const state = { __proto__: null, locale };
    localeMatcher(options);
    state.type = textOption(options, 'type', 'conjunction disjunction unit', 'conjunction');
    state.style = textOption(options, 'style', 'long short narrow', 'long');
    keep(this, state, 'ListFormat');
  }
}
function textsOf(iterable) {
  const texts = list();
  if (iterable === undefined) return texts;
  const items = arrayFrom(iterable);
  for (let i = 0; i < items.length; i++) {
    if (typeof items[i] !== 'string') throw new TypeError('Iterable yielded a value that is not a string');
    push(texts, items[i]);
  }
  return texts;
}
// In Spanish, y and o become e and u before the same sound.
const SAME_Y = /^(?:i|hi(?![ae]))/i, SAME_O = /^(?:h?o|8)/i;
function spanish(pattern, next) {
  if (includes(pattern, ' y {1}') && regexpExec(SAME_Y, next) !== null) return replaceAll(pattern, ' y ', ' e ');
  return includes(pattern, ' o {1}') && regexpExec(SAME_O, next) !== null ? replaceAll(pattern, ' o ', ' u ') : pattern;
}
function listParts({ locale, type, style }, texts) {
  const parts = list(), count = texts.length;
  if (count === 0) return parts;
  const patterns = fieldsOf(textOf(locale, 'list/' + type + '/' + style));
  push(parts, ['element', texts[0]]);
  for (let i = 1; i < count; i++) {
    let pattern = patterns[count === 2 ? 0 : i === 1 ? 1 : i === count - 1 ? 3 : 2];
    if (startsWith(locale, 'es')) pattern = spanish(pattern, texts[i]);
    push(parts, ['literal', stringSlice(pattern, 3, -3)]); // between {0} and {1}
    push(parts, ['element', texts[i]]);
  }
  return parts;
}
intlClass('ListFormat', ListFormat, {
  format(texts) {
    const state = stateOf(this, 'ListFormat');
    return joined(listParts(state, textsOf(texts)));
  },
  formatToParts(texts) {
    const state = stateOf(this, 'ListFormat');
    return shownParts(listParts(state, textsOf(texts)));
  },
  resolvedOptions() { return optionsOf(stateOf(this, 'ListFormat'), 'locale type style'); },
});

const RELATIVE_UNITS = 'second minute hour day week month quarter year';
const ENGLISH_WORDS = {
  __proto__: null, day: ['yesterday', 'today', 'tomorrow'], second: ['', 'now', ''], hour: ['', 'this hour', ''],
  minute: ['', 'this minute', ''],
};
const ENGLISH_UNITS = {
  __proto__: null, week: ['week', 'wk.', 'wk.'], month: ['month', 'mo.', 'mo.'], quarter: ['quarter', 'qtr.', 'qtr.'],
  year: ['year', 'yr.', 'yr.'],
};
class RelativeTimeFormat {
  constructor(locales = undefined, givenOptions = undefined) {
    const { locale, keys } = resolveLocale(locales, { __proto__: null, nu: true });
    const options = coercedOptions(givenOptions), state = { __proto__: null, locale };
    localeMatcher(options);
    onlyOption(options, 'numberingSystem', keys.nu, 'latn');
    state.style = textOption(options, 'style', 'long short narrow', 'long');
    state.numeric = textOption(options, 'numeric', 'always auto', 'always');
    if (state.numeric === 'auto' && !startsWith(locale, 'en')) {
      throw new RangeError("numeric 'auto' is available for English only; use 'always'");
    }
    state.number = resolveNumberFormat(locale, { __proto__: null });
    keep(this, state, 'RelativeTimeFormat');
  }
}
function relativeParts(state, givenValue, givenUnit) {
  const decimal = decimalOfNumber(+givenValue), text = '' + givenUnit;
  const unit = endsWith(text, 's') ? stringSlice(text, 0, -1) : text;
  if (!includes(' ' + RELATIVE_UNITS + ' ', ' ' + unit + ' ')) {
    throw new RangeError('Invalid unit argument for format() ' + quote(brief(text)) + ': ' + RELATIVE_UNITS);
  }
  if (decimal.special !== undefined) throw new RangeError('Invalid number value');
  const at = WIDTH_AT[state.style], parts = list();
  const value = decimal.digits === '' ? 0 : decimal.digits === '1' && decimal.point === 1 ? (decimal.negative ? -1 : 1) : 2;
  if (state.numeric === 'auto' && value !== 2) {
    const name = ENGLISH_UNITS[unit]?.[at];
    const word = name === undefined ? ENGLISH_WORDS[unit][value + 1]
      : (value === 0 ? 'this ' : value < 0 ? 'last ' : 'next ') + name;
    if (word !== '') {
      push(parts, ['literal', word]);
      return { parts, unit };
    }
  }
  const template = split(textOf(state.locale, 'relative', unit), '\f')[2 * at + (decimal.negative ? 0 : 1)];
  const number = numberParts(state.number, { ...decimal, negative: false });
  const category = pluralCategory(state.locale, 'plural', roundFor(state.number, decimal).text, 0);
  return { parts: inTemplate(formOf(template, category), number, 'literal', ''), unit };
}
intlClass('RelativeTimeFormat', RelativeTimeFormat, {
  format(value, unit) { return joined(relativeParts(stateOf(this, 'RelativeTimeFormat'), value, unit).parts); },
  formatToParts(value, unit) {
    const relative = relativeParts(stateOf(this, 'RelativeTimeFormat'), value, unit);
    return shownParts(relative.parts, relative.unit);
  },
  resolvedOptions() {
    return optionsOf({ ...stateOf(this, 'RelativeTimeFormat'), numberingSystem: 'latn' }, 'locale style numeric numberingSystem');
  },
});
