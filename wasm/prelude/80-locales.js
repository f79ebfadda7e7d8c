// Locales: which there are, what the build has stored for each, and options as the standard reads them.
//
// from 10-primordials: *
// from 30-text: quote replaceAll split
// from C: host
// gives: NO_OPTIONS brief coercedOptions digitsOption fieldsOf formOf linesOf localeList
//   localeMatcher onlyOption optionsObject outOfRange resolveLocale supportedLocales textOf
//   textOption

const DEFAULT_LOCALE = 'en-US';
const TAG = /^([a-z]{2,3}|[a-z]{5,8})(-[a-z]{4})?(-(?:[a-z]{2}|[0-9]{3}))?((?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)((?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*)(-x(?:-[a-z0-9]{1,8})+)?$/;
const MAX_TAG = 100;
const SCRIPTS = /^(?:(zh)-hans|(ja)-jpan|(ko)-kore|([a-z]+)-latn)(?=-|$)/;

// What a locale, or what it takes from, has under a name. Nothing is kept: it is found where it lies.
let lastLocale = '', lastChain;
const textOf = (locale, name, key) => {
  if (locale !== lastLocale) {
    lastChain = split(host.localeText('chain/' + locale), ' ');
    lastLocale = locale;
  }
  const chain = lastChain;
  for (let i = 0; i < chain.length; i++) {
    const text = host.localeText(chain[i] + '/' + name, key);
    if (text !== undefined) return key === undefined ? text : replaceAll(text, '\v', '\n');
  }
  return undefined;
};
const fieldsOf = (text) => split(text, '\t');
const linesOf = (text) => split(text, '\n');

// A text for each plural form: `other` comes first, then those that differ.
const formOf = (text, category) => {
  const lines = linesOf(text);
  for (let i = lines.length - 1; i > 0; i--) {
    if (startsWith(lines[i], category + '\t')) return stringSlice(lines[i], category.length + 1);
  }
  return stringSlice(lines[0], 6);
};

// Of a text that an error repeats.
const brief = (text) => (text.length > 80 ? stringSlice(text, 0, 80) + '…' : text);

const isLetters = (part, count) => part.length === count && part[0] > '9';

// The tag as it is written usually: language, Script, COUNTRY, and small letters for the rest.
function canonicalTag(tag) {
  const lower = toLowerCase(tag);
  if (tag.length > MAX_TAG || regexpExec(TAG, lower) === null) {
    throw new RangeError('Incorrect locale information provided: ' + quote(brief(tag)));
  }
  const parts = split(lower, '-');
  let extended = false;
  for (let i = 1; i < parts.length; i++) {
    extended ||= parts[i].length === 1;
    if (extended) continue;
    if (isLetters(parts[i], 2)) parts[i] = toUpperCase(parts[i]);
    if (isLetters(parts[i], 4)) parts[i] = toUpperCase(parts[i][0]) + stringSlice(parts[i], 1);
  }
  return arrayJoin(parts, '-');
}

// The list that an argument `locales` stands for.
function localeList(locales) {
  const tags = list();
  if (locales === undefined) return tags;
  if (locales === null) throw new TypeError('Cannot convert undefined or null to object');
  const given = typeof locales === 'string' ? undefined : Object(locales);
  const length = given === undefined ? 1 : min(max(trunc(+given.length) || 0, 0), MAX_LOCALES + 1);
  if (length > MAX_LOCALES) throw new RangeError('There are more than ' + MAX_LOCALES + ' locales');
  for (let i = 0; i < length; i++) {
    if (given !== undefined && !(i in given)) continue;
    const tag = given === undefined ? locales : given[i];
    if (typeof tag !== 'string' && !isObject(tag)) {
      throw new TypeError('Language ID should be string or object.');
    }
    const canonical = canonicalTag('' + tag);
    let known = false;
    for (let j = 0; j < tags.length; j++) known ||= tags[j] === canonical;
    if (!known) push(tags, canonical);
  }
  return tags;
}
const MAX_LOCALES = 100;

// { locale, keys } of a tag: the locale that we have, without its extension; null for others.
function localeOfTag(tag) {
  const at = indexOf(tag, '-u-'), keys = { __proto__: null };
  let base = at < 0 ? tag : stringSlice(tag, 0, at);
  const script = regexpExec(SCRIPTS, toLowerCase(base));
  if (script !== null) {
    base = (script[1] ?? script[2] ?? script[3] ?? script[4]) + stringSlice(base, script[0].length);
  }
  if (base === 'no' || startsWith(base, 'no-')) base = 'nb' + stringSlice(base, 2);
  if (host.localeText('chain/' + base) === undefined) return null;
  if (at < 0) return { locale: base, keys };
  const parts = split(stringSlice(tag, at + 3), '-');
  for (let i = 0, key; i < parts.length; i++) {
    if (parts[i].length === 2) keys[key = parts[i]] ??= '';
    else if (key !== undefined) keys[key] += (keys[key] === '' ? '' : '-') + parts[i];
  }
  return { locale: base, keys };
}

// The first of the locales that we have; with none asked for, the default.
function resolveLocale(locales, known) {
  if (typeof locales === 'string' && locales === lastLocale) return { locale: locales, keys: NO_OPTIONS };
  const tags = localeList(locales);
  for (let i = 0; i < tags.length; i++) {
    const found = localeOfTag(tags[i]);
    if (found === null) continue;
    const names = ownKeys(found.keys);
    for (let j = 0; j < names.length; j++) {
      if (known[names[j]] === undefined) {
        throw new RangeError('The extension -u-' + names[j] + ' of ' + brief(tags[i]) + ' is not available here');
      }
    }
    return found;
  }
  if (tags.length === 0) return { locale: DEFAULT_LOCALE, keys: { __proto__: null } };
  throw new RangeError('The locale ' + brief(tags[0]) + ' is not available. There are '
    + replaceAll(host.localeText('locales'), ' ', ', ') + ' and their languages.');
}

function supportedLocales(locales, options) {
  const tags = localeList(locales), found = list();
  if (options !== undefined) localeMatcher(Object(options));
  for (let i = 0; i < tags.length; i++) if (localeOfTag(tags[i]) !== null) push(found, tags[i]);
  return toArray(found);
}

// Options, each read once. What has no list of values is any text.
const NO_OPTIONS = { __proto__: null };
const optionsObject = (options) => {
  if (options === undefined) return NO_OPTIONS;
  if (!isObject(options)) throw new TypeError('Incorrect options argument: it is no object');
  return options;
};
const coercedOptions = (options) => {
  if (options === null) throw new TypeError('Cannot convert undefined or null to object');
  return options === undefined ? NO_OPTIONS : Object(options);
};
const outOfRange = (name, value) =>
  new RangeError('Value ' + brief('' + value) + ' is out of range for the option ' + name);

function textOption(options, name, values, otherwise) {
  const value = options[name];
  if (value === undefined) return otherwise;
  const text = '' + value;
  if (values !== undefined && !includes(' ' + values + ' ', ' ' + text + ' ')) {
    throw new RangeError('Value ' + brief(text) + ' is out of range for the option ' + name + ': '
      + replaceAll(values, ' ', ', '));
  }
  return text;
}

function digitsOption(value, name, low, high, otherwise) {
  if (value === undefined) return otherwise;
  const number = +value;
  if (!(number >= low && number <= high)) {
    throw new RangeError(name + ' value is out of range: ' + low + ' to ' + high);
  }
  return floor(number);
}

const localeMatcher = (options) => textOption(options, 'localeMatcher', 'lookup best fit', 'best fit');

// An option that has one value here, which may also stand in the tag's extension.
function onlyOption(options, name, inTag, only) {
  const value = textOption(options, name, undefined, inTag) ?? only;
  if (value !== only) {
    throw new RangeError(name + ' ' + quote(brief(value)) + ' is not available here: there is only ' + only);
  }
  return value;
}
