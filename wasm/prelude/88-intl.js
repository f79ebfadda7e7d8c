// Intl, and what numbers, dates, texts and arrays have of it.
//
// from 10-primordials: *
// from 30-text: split
// from 80-locales: NO_OPTIONS brief coercedOptions localeList localeMatcher resolveLocale
//   supportedLocales textOption
// from 81-plurals: pluralCategory pluralNames
// from 82-decimals: decimalOfNumber decimalOfValue
// from 83-digit-options: resolveNumberFormat setDigitOptions
// from 83-number-format: joined numberParts roundFor
// from 85-date-patterns: runsOf
// from 86-date-format: dateParts plainOr resolveDateFormat timeOfValue
// from 87-collation: compareLocale resolveCollation
// from C: host
// gives: intlClass keep optionsOf shownParts stateOf

const Intl = {};
defineHidden(Intl, Symbol.toStringTag, 'Intl');
define(globalThis, 'Intl', Intl);

const states = new WeakMap(); // what each object of Intl has resolved

// Makes a constructor a class of Intl.
function intlClass(name, constructor, methods) {
  const { prototype } = constructor;
  defineProperty(constructor, 'prototype', { __proto__: null, writable: false });
  defineAll(constructor, { supportedLocalesOf(locales, options = undefined) { return supportedLocales(locales, options); } });
  const names = ownKeys(methods);
  for (let i = 0; i < names.length; i++) {
    const descriptor = ownDescriptor(methods, names[i]);
    descriptor.enumerable = false;
    defineProperty(prototype, names[i], descriptor);
  }
  defineHidden(prototype, Symbol.toStringTag, 'Intl.' + name);
  define(Intl, name, constructor);
}

const keep = (object, state, kind) => {
  state.kind = kind;
  weakMapSet(states, object, state);
  return object;
};
const stateOf = (object, kind) => {
  const state = isObject(object) ? weakMapGet(states, object) : undefined;
  if (state === undefined || state.kind !== kind) {
    throw new TypeError('Method of Intl.' + kind + ' called on incompatible receiver');
  }
  return state;
};

// Parts as scripts see them. Neighbours that are literals are one.
function shownParts(parts, unit) {
  const shown = list();
  for (let i = 0; i < parts.length; i++) {
    const type = parts[i][0], value = parts[i][1], last = shown[shown.length - 1];
    if (value === '') continue;
    if (type === 'literal' && last?.type === 'literal') last.value += value;
    else push(shown, unit === undefined || type === 'literal' ? { type, value } : { type, value, unit });
  }
  return toArray(shown);
}

// What `resolvedOptions` gives: those of the names that have a value.
function optionsOf(state, names) {
  const options = {}, all = split(names, ' ');
  for (let i = 0; i < all.length; i++) {
    const value = state[all[i]];
    if (value !== undefined) define(options, all[i], value);
    if (value !== undefined) defineProperty(options, all[i], { __proto__: null, enumerable: true });
  }
  return options;
}

function NumberFormat(locales = undefined, options = undefined) {
  const state = resolveNumberFormat(locales, options);
  return keep(new.target === undefined ? create(NumberFormat.prototype) : this, state, 'NumberFormat');
}
const formatNumberWith = (state, value) => joined(numberParts(state, decimalOfValue(value)));
intlClass('NumberFormat', NumberFormat, {
  get format() {
    const state = stateOf(this, 'NumberFormat');
    return state.bound ??= (value) => formatNumberWith(state, value);
  },
  formatToParts(value) {
    const state = stateOf(this, 'NumberFormat');
    return shownParts(numberParts(state, decimalOfValue(value)));
  },
  resolvedOptions() {
    const state = stateOf(this, 'NumberFormat');
    const priority = includes(state.rounding, 'Precision') ? state.rounding : 'auto';
    return optionsOf({ ...state, roundingPriority: priority },
      'locale numberingSystem style currency currencyDisplay currencySign unit unitDisplay minimumIntegerDigits'
      + ' minimumFractionDigits maximumFractionDigits minimumSignificantDigits maximumSignificantDigits useGrouping'
      + ' notation compactDisplay signDisplay roundingIncrement roundingMode roundingPriority trailingZeroDisplay');
  },
});

function DateTimeFormat(locales = undefined, options = undefined) {
  const state = resolveDateFormat(locales, options, 'any', 'date');
  return keep(new.target === undefined ? create(DateTimeFormat.prototype) : this, state, 'DateTimeFormat');
}
// The widths of a pattern, as the options that ask for them.
const OPTION_OF_LETTER = {
  __proto__: null, E: 'weekday', c: 'weekday', G: 'era', y: 'year', M: 'month', L: 'month', d: 'day',
  B: 'dayPeriod', h: 'hour', H: 'hour', k: 'hour', K: 'hour', m: 'minute', s: 'second',
};
function shownFields(state) {
  const fields = { __proto__: null }, runs = runsOf(state.pattern);
  for (let i = 0; i < runs.length; i++) {
    const { letter, length } = runs[i], name = OPTION_OF_LETTER[letter];
    if (letter === 'S') fields.fractionalSecondDigits = length;
    else if (letter === 'z') fields.timeZoneName = length === 4 ? 'long' : 'short';
    else if (letter === 'O') fields.timeZoneName = length === 4 ? 'longOffset' : 'shortOffset';
    else if (name !== undefined) {
      const isWord = includes('EcGB', letter) || (name === 'month' && length > 2);
      fields[name] = !isWord ? (length === 2 ? '2-digit' : 'numeric')
        : length === 5 ? 'narrow' : length === 4 ? 'long' : 'short';
    }
  }
  return fields;
}
intlClass('DateTimeFormat', DateTimeFormat, {
  get format() {
    const state = stateOf(this, 'DateTimeFormat');
    return state.bound ??= (value) => joined(dateParts(state, timeOfValue(value)));
  },
  formatToParts(value) {
    const state = stateOf(this, 'DateTimeFormat');
    return shownParts(dateParts(state, timeOfValue(value)));
  },
  resolvedOptions() {
    const state = stateOf(this, 'DateTimeFormat'), { dateStyle, timeStyle, hourCycle } = state;
    const fields = dateStyle === undefined && timeStyle === undefined ? shownFields(state) : NO_OPTIONS;
    const hour12 = hourCycle === undefined ? undefined : hourCycle === 'h11' || hourCycle === 'h12';
    return optionsOf({
      ...fields, locale: state.locale, calendar: 'gregory', numberingSystem: 'latn', timeZone: state.zone.name,
      hourCycle, hour12, dateStyle, timeStyle,
    }, 'locale calendar numberingSystem timeZone hourCycle hour12 weekday era year month day dayPeriod hour minute'
      + ' second fractionalSecondDigits timeZoneName dateStyle timeStyle');
  },
});

function Collator(locales = undefined, options = undefined) {
  const state = resolveCollation(locales, options);
  return keep(new.target === undefined ? create(Collator.prototype) : this, state, 'Collator');
}
intlClass('Collator', Collator, {
  get compare() {
    const state = stateOf(this, 'Collator');
    return state.bound ??= (a, b) => compareLocale('' + a, '' + b, state);
  },
  resolvedOptions() {
    return optionsOf({ ...stateOf(this, 'Collator'), collation: 'default' },
      'locale usage sensitivity ignorePunctuation collation numeric caseFirst');
  },
});

class PluralRules {
  constructor(locales = undefined, givenOptions = undefined) {
    const { locale } = resolveLocale(locales, NO_OPTIONS), options = coercedOptions(givenOptions);
    const state = { __proto__: null, locale };
    localeMatcher(options);
    state.type = textOption(options, 'type', 'cardinal ordinal', 'cardinal');
    setDigitOptions(state, options, 0, 3, false);
    keep(this, state, 'PluralRules');
  }
}
intlClass('PluralRules', PluralRules, {
  select(value) {
    const state = stateOf(this, 'PluralRules'), decimal = decimalOfNumber(+value);
    if (decimal.special !== undefined) return 'other';
    return pluralCategory(state.locale, state.type === 'ordinal' ? 'ordinal' : 'plural', roundFor(state, decimal).text, 0);
  },
  resolvedOptions() {
    const state = stateOf(this, 'PluralRules');
    const pluralCategories = pluralNames(state.locale, state.type === 'ordinal' ? 'ordinal' : 'plural');
    const roundingPriority = includes(state.rounding, 'Precision') ? state.rounding : 'auto';
    return optionsOf({ ...state, pluralCategories, roundingPriority },
      'locale type minimumIntegerDigits minimumFractionDigits maximumFractionDigits minimumSignificantDigits'
      + ' maximumSignificantDigits pluralCategories roundingIncrement roundingMode roundingPriority trailingZeroDisplay');
  },
});

const VALUES = {
  __proto__: null, calendar: () => 'gregory', collation: () => 'default', currency: () => host.localeText('currencies'),
  numberingSystem: () => 'latn', timeZone: () => host.localeText('zones'), unit: () => host.localeText('units'),
};
defineAll(Intl, {
  getCanonicalLocales(locales) { return toArray(localeList(locales)); },
  supportedValuesOf(key) {
    const values = VALUES['' + key];
    if (values === undefined) throw new RangeError('Invalid key : ' + brief('' + key));
    return toArray(split(values(), ' '));
  },
});

const numberPlan = (locales, options) =>
  plainOr('number', locales, options, () => resolveNumberFormat(locales, options));
defineAll(Number.prototype, {
  toLocaleString(locales = undefined, options = undefined) {
    const value = numberValueOf(this);
    return joined(numberParts(numberPlan(locales, options), decimalOfNumber(value)));
  },
});
defineAll(BigInt.prototype, {
  toLocaleString(locales = undefined, options = undefined) {
    const value = bigintValueOf(this);
    return joined(numberParts(numberPlan(locales, options), decimalOfValue(value)));
  },
});

const dateText = (date, locales, options, required, defaults) => {
  const ms = getTime(date);
  if (isNaNValue(ms)) return 'Invalid Date';
  const plan = plainOr(defaults, locales, options, () => resolveDateFormat(locales, options, required, defaults));
  return joined(dateParts(plan, ms));
};
defineAll(Date.prototype, {
  toLocaleString(locales = undefined, options = undefined) { return dateText(this, locales, options, 'any', 'all'); },
  toLocaleDateString(locales = undefined, options = undefined) { return dateText(this, locales, options, 'date', 'date'); },
  toLocaleTimeString(locales = undefined, options = undefined) { return dateText(this, locales, options, 'time', 'time'); },
});

const thisText = (value, name) => {
  if (value === undefined || value === null) throw new TypeError(name + ' needs a string');
  return '' + value;
};
const PLAIN_COLLATION = resolveCollation(undefined, undefined);
defineAll(String.prototype, {
  localeCompare(other, locales = undefined, options = undefined) {
    const text = thisText(this, 'localeCompare'), that = '' + other;
    const plain = locales === undefined && options === undefined;
    return compareLocale(text, that, plain ? PLAIN_COLLATION : resolveCollation(locales, options));
  },
  // No language that we have has capitals of its own.
  toLocaleUpperCase(locales = undefined) {
    const text = thisText(this, 'toLocaleUpperCase');
    if (locales !== undefined) resolveLocale(locales, NO_OPTIONS);
    return toUpperCase(text);
  },
  toLocaleLowerCase(locales = undefined) {
    const text = thisText(this, 'toLocaleLowerCase');
    if (locales !== undefined) resolveLocale(locales, NO_OPTIONS);
    return toLowerCase(text);
  },
});

function localeTexts(array, length, locales, options) {
  const texts = list();
  for (let i = 0; i < length; i++) {
    const item = array[i];
    push(texts, item === undefined || item === null ? '' : `${item.toLocaleString(locales, options)}`);
  }
  return arrayJoin(texts, ',');
}
defineAll(Array.prototype, {
  toLocaleString(locales = undefined, options = undefined) {
    if (this === undefined || this === null) throw new TypeError('toLocaleString needs an object');
    const array = Object(this);
    return localeTexts(array, min(max(trunc(+array.length) || 0, 0), 2 ** 53 - 1), locales, options);
  },
});
defineAll(TypedArrayPrototype, {
  toLocaleString(locales = undefined, options = undefined) {
    typedKeys(this); // It refuses what is no such array, or has lost its buffer.
    return localeTexts(this, typedLength(this), locales, options);
  },
});
