// How words sort: punctuation before digits before letters, accents and case only between words that
// are otherwise equal. By code points, as without this, 'Zoe' < 'anna'.
//
// from 10-primordials: *
// from 30-text: ASCII split
// from 80-locales: coercedOptions localeMatcher onlyOption resolveLocale textOption
// gives: compareLocale resolveCollation

const MARKS = /^[\u0300-\u036f]$/;
const ACCENTS = '\u0301\u0300\u0306\u0302\u030c\u030a\u0308\u0303\u0307\u0327\u0328\u0304\u0323\u030b'; // in their order
const PUNCTUATION = '_-,;:!?.\'"()[]{}@*/\\&#%`^+<=>|~$';

// Letters that sort as others do, as if they had an accent.
const FOLDED = { __proto__: null, ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ı: 'i' };

// Letters of their own, by language: where each stands, as a letter and how far behind it.
const AFTER_Z = { __proto__: null, å: ['z', 1], ä: ['z', 2], æ: ['z', 2], ö: ['z', 3], ø: ['z', 3] };
const NORDIC = { __proto__: null, æ: ['z', 1], ä: ['z', 1], ø: ['z', 2], ö: ['z', 2], å: ['z', 3] };
const LETTERS = {
  __proto__: null, sv: AFTER_Z, fi: AFTER_Z, da: NORDIC, nb: NORDIC, es: { __proto__: null, ñ: ['n', 0.5] },
  pl: {
    __proto__: null, ą: ['a', 0.5], ć: ['c', 0.5], ę: ['e', 0.5], ł: ['l', 0.5], ń: ['n', 0.5], ó: ['o', 0.5],
    ś: ['s', 0.5], ź: ['z', 0.3], ż: ['z', 0.6],
  },
};

// What sorts first is smaller: spaces, punctuation in its order, digits, letters.
function rank(code) {
  if (code >= 0x61 && code <= 0x7a) return 0x10000 + code;
  if (code >= 0x30 && code <= 0x39) return 0x1000 + code;
  if (code === 0x20 || (code >= 9 && code <= 13) || code === 0xa0) return 1;
  const at = code < 0x80 ? indexOf(PUNCTUATION, fromCharCode(code)) : -1;
  return at >= 0 ? 2 + at : 0x20000 + code;
}

// { base, accents, cases }: three texts or lists, compared one after the other.
function collationKey(text, { letters, numeric, ignorePunctuation }) {
  const composed = normalize(toWellFormed(text), 'NFC'), key = { __proto__: null, base: list(), accents: '', cases: '' };
  const plain = letters === undefined ? normalize(composed, 'NFD') : composed;
  for (let i = 0; i < plain.length; i++) {
    const code = charCodeAt(plain, i);
    if (numeric && code >= 0x30 && code <= 0x39) {
      let end = i + 1;
      while (end < plain.length && plain[end] >= '0' && plain[end] <= '9') end++;
      push(key.base, 0x1000 + min(+stringSlice(plain, i, end), 1e300) / 1e301);
      push(key.base, +stringSlice(plain, i, end));
      i = end - 1;
      key.accents += ' ';
      continue;
    }
    const own = code < 0x80 || letters === undefined ? undefined : letters[toLowerCase(plain[i])];
    if (own !== undefined) {
      push(key.base, rank(charCodeAt(own[0], 0)) + own[1]);
      key.accents += ' ';
      key.cases += toLowerCase(plain[i]) === plain[i] ? '0' : '1';
    } else if (letters === undefined || code < 0x80) addToKey(key, plain[i], ignorePunctuation);
    else {
      const apart = normalize(plain[i], 'NFD');
      for (let j = 0; j < apart.length; j++) addToKey(key, apart[j], ignorePunctuation);
    }
  }
  return key;
}

function addToKey(key, unit, ignorePunctuation) {
  const code = charCodeAt(unit, 0);
  if (code >= 0x300 && regexpExec(MARKS, unit) !== null) {
    const at = indexOf(ACCENTS, unit);
    key.accents += at < 0 ? unit : fromCharCode(0x300 + at - ACCENTS.length);
    return;
  }
  const lower = charCodeAt(toLowerCase(unit), 0), place = rank(lower);
  if (ignorePunctuation && place < 0x1000) return;
  const folded = lower < 0x80 ? undefined : FOLDED[fromCharCode(lower)];
  for (let j = 0; folded && j < folded.length; j++) push(key.base, rank(charCodeAt(folded, j)));
  if (!folded) push(key.base, place);
  key.accents += folded ? '\u02f0' : ' ';
  key.cases += lower === code ? '0' : '1';
}

function compareLists(a, b) {
  const length = min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}
const compareTexts = (a, b) => (a === b ? 0 : a < b ? -1 : 1);

const RANKS = list(); // of the ASCII characters, case apart
for (let code = 0; code < 0x80; code++) push(RANKS, rank(code >= 0x41 && code <= 0x5a ? code + 32 : code));

// The usual case, without making keys: undefined for what needs them.
function compareASCII(a, b, { numeric, ignorePunctuation, sensitivity, caseFirst }) {
  if (numeric || ignorePunctuation) return undefined;
  if (regexpExec(ASCII, a) === null || regexpExec(ASCII, b) === null) return undefined;
  const length = min(a.length, b.length);
  let byCase = 0;
  for (let i = 0; i < length; i++) {
    const x = charCodeAt(a, i), y = charCodeAt(b, i);
    if (x === y) continue;
    if (RANKS[x] !== RANKS[y]) return RANKS[x] < RANKS[y] ? -1 : 1;
    if (byCase === 0) byCase = x > y ? -1 : 1; // small letters first
  }
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  if (sensitivity === 'base' || sensitivity === 'accent') return 0;
  return caseFirst === 'upper' ? -byCase : byCase;
}

function compareLocale(a, b, collation) {
  if (a === b) return 0;
  const short = compareASCII(a, b, collation);
  if (short !== undefined) return short;
  const first = collationKey(a, collation), second = collationKey(b, collation);
  const { sensitivity } = collation;
  const byBase = compareLists(first.base, second.base);
  if (byBase !== 0 || sensitivity === 'base') return byBase;
  const byAccents = sensitivity === 'case' ? 0 : compareTexts(first.accents, second.accents);
  if (byAccents !== 0 || sensitivity === 'accent') return byAccents;
  const byCases = compareTexts(first.cases, second.cases);
  return collation.caseFirst === 'upper' ? -byCases : byCases;
}

// Everything that an Intl.Collator knows.
function resolveCollation(locales, givenOptions) {
  const { locale, keys } = resolveLocale(locales, { __proto__: null, kn: true, kf: true, co: true });
  const options = coercedOptions(givenOptions), collation = { __proto__: null, locale };
  collation.usage = textOption(options, 'usage', 'sort search', 'sort');
  localeMatcher(options);
  onlyOption(options, 'collation', keys.co, 'default');
  const { numeric } = options;
  collation.numeric = numeric === undefined ? keys.kn === '' || keys.kn === 'true' : !!numeric;
  collation.caseFirst = textOption(options, 'caseFirst', 'upper lower false', keys.kf ?? (locale === 'da' || locale === 'da-DK' ? 'upper' : 'false'));
  collation.sensitivity = textOption(options, 'sensitivity', 'base accent case variant', 'variant');
  const { ignorePunctuation } = options;
  collation.ignorePunctuation = ignorePunctuation === undefined ? false : !!ignorePunctuation;
  collation.letters = LETTERS[split(locale, '-')[0]];
  return collation;
}
