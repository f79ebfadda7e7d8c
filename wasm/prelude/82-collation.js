// localeCompare without Intl: punctuation before digits before letters, accents and case only
// between words that are otherwise equal. By code points, as without this, 'Zoe' < 'anna'.
//
// from 10-primordials: *
// from 30-text: ASCII

const MARKS = /^[\u0300-\u036f]$/;
const PUNCTUATION = '_-,;:!?.\'"()[]{}@*/\\&#%`^+<=>|~$';

// Letters that sort as others do, as if they had an accent.
const FOLDED = { __proto__: null, ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ı: 'i' };

// What sorts first is smaller: spaces, punctuation in its order, digits, letters.
function rank(code) {
  if (code >= 0x61 && code <= 0x7a) return 0x10000 + code;
  if (code >= 0x30 && code <= 0x39) return 0x1000 + code;
  if (code === 0x20 || (code >= 9 && code <= 13) || code === 0xa0) return 1;
  const at = code < 0x80 ? indexOf(PUNCTUATION, fromCharCode(code)) : -1;
  return at >= 0 ? 2 + at : 0x20000 + code;
}

// { base, accents, cases }: three texts or lists, compared one after the other.
function collationKey(text, numericOrder) {
  const plain = normalize(toWellFormed(text), 'NFD'), base = list();
  let accents = '', cases = '';
  for (let i = 0; i < plain.length; i++) {
    const code = charCodeAt(plain, i);
    if (code >= 0x300 && regexpExec(MARKS, plain[i]) !== null) {
      accents += plain[i];
      continue;
    }
    if (numericOrder && code >= 0x30 && code <= 0x39) {
      let end = i + 1;
      while (end < plain.length && plain[end] >= '0' && plain[end] <= '9') end++;
      push(base, 0x1000 + min(+stringSlice(plain, i, end), 1e300) / 1e301);
      push(base, +stringSlice(plain, i, end));
      i = end - 1;
      accents += ' ';
      continue;
    }
    const lower = charCodeAt(toLowerCase(plain[i]), 0);
    const folded = lower < 0x80 ? undefined : FOLDED[fromCharCode(lower)];
    for (let j = 0; folded && j < folded.length; j++) push(base, rank(charCodeAt(folded, j)));
    if (!folded) push(base, rank(lower));
    accents += folded ? '\u0300' : ' ';
    cases += lower === code ? '0' : '1';
  }
  return { base, accents, cases };
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
function compareASCII(a, b, options) {
  if (regexpExec(ASCII, a) === null || regexpExec(ASCII, b) === null) return undefined;
  if (option(options, 'numeric')) return undefined;
  const length = min(a.length, b.length);
  let byCase = 0;
  for (let i = 0; i < length; i++) {
    const x = charCodeAt(a, i), y = charCodeAt(b, i);
    if (x === y) continue;
    if (RANKS[x] !== RANKS[y]) return RANKS[x] < RANKS[y] ? -1 : 1;
    if (byCase === 0) byCase = x > y ? -1 : 1; // small letters first
  }
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  const sensitivity = option(options, 'sensitivity');
  if (sensitivity === 'base' || sensitivity === 'accent') return 0;
  return option(options, 'caseFirst') === 'upper' ? -byCase : byCase;
}

function compareLocale(a, b, options) {
  if (a === b) return 0;
  const short = compareASCII(a, b, options);
  if (short !== undefined) return short;
  const numericOrder = !!option(options, 'numeric');
  const first = collationKey(a, numericOrder), second = collationKey(b, numericOrder);
  const sensitivity = option(options, 'sensitivity') ?? 'variant';
  const byBase = compareLists(first.base, second.base);
  if (byBase !== 0 || sensitivity === 'base') return byBase;
  const byAccents = sensitivity === 'case' ? 0 : compareTexts(first.accents, second.accents);
  if (byAccents !== 0 || sensitivity === 'accent') return byAccents;
  const byCases = compareTexts(first.cases, second.cases);
  return option(options, 'caseFirst') === 'upper' ? -byCases : byCases;
}

defineAll(String.prototype, {
  localeCompare(other, locales = undefined, options = undefined) {
    if (this === undefined || this === null) throw new TypeError('localeCompare needs a string');
    return compareLocale('' + this, '' + other, options);
  },
});
