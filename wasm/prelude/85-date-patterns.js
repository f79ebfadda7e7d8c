// Patterns of dates: from the fields that are wanted to the pattern of the locale that shows them,
// as UTS 35 says for its available formats, with the distances between fields that ICU has.
//
// from 10-primordials: *
// from 30-text: replaceAll
// from 80-locales: fieldsOf linesOf textOf
// gives: HOUR_LETTERS MAX_PATTERNS joinPatterns patternFor runsOf skeletonText withCycle

const FIELDS = setPrototypeOf(['G', 'yY', 'ML', 'Ec', 'd', 'aB', 'hHKk', 'm', 's', 'S', 'zOv'], null);
const ERA = 0, YEAR = 1, MONTH = 2, WEEKDAY = 3, PERIOD = 5, HOUR = 6, MINUTE = 7, SECOND = 8, FRACTION = 9;
const FIELD_COUNT = 11, DATE_FIELDS = 0b11111, TIME_FIELDS = 0b11111100000;
const NARROW = -0x101, SHORT = -0x103, LONG = -0x104, NUMERIC = 0x100, DELTA = 0x10;
const EXTRA = 0x10000, MISSING = 0x1000;
const MAX_PATTERNS = 16;

const fieldOf = (letter) => {
  for (let i = 0; i < FIELD_COUNT; i++) if (includes(FIELDS[i], letter)) return i;
  return -1;
};

// How a field is shown, as a number whose differences say how alike two are.
function typeOf(letter, length) {
  const word = length === 5 ? NARROW : length === 4 ? LONG : SHORT;
  if (letter === 'M' || letter === 'L') {
    const delta = letter === 'L' ? DELTA : 0;
    return length <= 2 ? NUMERIC + delta + length : word - delta;
  }
  if (letter === 'c') return length <= 2 ? NUMERIC + 2 * DELTA + length : word - 2 * DELTA;
  if (includes('GEazO', letter)) return word;
  if (letter === 'v') return word - 2 * DELTA;
  if (letter === 'B') return word - 3 * DELTA;
  const delta = letter === 'H' ? 10 : letter === 'k' ? 11 : letter === 'K' || letter === 'S' ? 1 : 0;
  return NUMERIC + delta * DELTA + length;
}

// A pattern in runs: { letter, length }, or { text } of what is written as it stands.
function runsOf(pattern) {
  const runs = list();
  let text = '';
  for (let i = 0; i < pattern.length;) {
    const c = pattern[i];
    if (c === "'") {
      let end = indexOf(pattern, "'", i + 1);
      if (end < 0) end = pattern.length;
      text += end === i + 1 ? "'" : stringSlice(pattern, i + 1, end);
      i = end + 1;
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      if (text !== '') push(runs, { __proto__: null, text, letter: '', length: 0 });
      text = '';
      let end = i + 1;
      while (pattern[end] === c) end++;
      push(runs, { __proto__: null, text: '', letter: c, length: end - i });
      i = end;
    } else {
      text += c;
      i++;
    }
  }
  if (text !== '') push(runs, { __proto__: null, text, letter: '', length: 0 });
  return runs;
}

// { letters, lengths, types, mask }: the fields of a skeleton, or of a pattern.
function skeletonOf(text) {
  const letters = list(), lengths = list(), types = list(), runs = runsOf(text);
  let mask = 0;
  for (let i = 0; i < FIELD_COUNT; i++) {
    push(letters, '');
    push(lengths, 0);
    push(types, 0);
  }
  for (let i = 0; i < runs.length; i++) {
    const { letter, length } = runs[i], field = letter === '' ? -1 : fieldOf(letter);
    if (field < 0) continue;
    letters[field] = letter;
    lengths[field] = length;
    types[field] = typeOf(letter, length);
    mask |= 1 << field;
  }
  if (letters[HOUR] === 'h' || letters[HOUR] === 'K') {
    if (letters[PERIOD] === '') {
      letters[PERIOD] = 'a';
      lengths[PERIOD] = 1;
      types[PERIOD] = SHORT;
      mask |= 1 << PERIOD;
    }
  } else if (letters[HOUR] !== '') {
    letters[PERIOD] = '';
    types[PERIOD] = lengths[PERIOD] = 0;
    mask &= ~(1 << PERIOD);
  }
  return { __proto__: null, letters, lengths, types, mask };
}

// What a locale has: { pattern, skeleton, specified }, each read when it is looked at.
function patternsOf(locale) {
  const found = list(), seen = { __proto__: null };
  const add = (name, pattern, specified) => {
    const at = seen[name] ?? found.length;
    if (seen[name] !== undefined && !specified) return;
    seen[name] = at;
    found[at] = { __proto__: null, pattern, skeleton: skeletonOf(name), specified };
  };
  for (let i = 0; i < FIELD_COUNT; i++) add(FIELDS[i][0], FIELDS[i][0], false);
  add('H', 'H', false);
  add('v', 'v', false);
  const styles = linesOf(textOf(locale, 'styles'));
  for (let line = 0; line < 2; line++) {
    const patterns = fieldsOf(styles[line]);
    for (let i = 0; i < 4; i++) add(skeletonText(patterns[i]), patterns[i], false);
  }
  const lines = linesOf(textOf(locale, 'skeletons'));
  for (let i = 0; i < lines.length; i++) {
    const fields = fieldsOf(lines[i]);
    add(fields[0], fields[1], true);
  }
  return found;
}

// The skeleton of a pattern: its letters in the order of the fields, as they are asked for.
function skeletonText(pattern) {
  const { letters, lengths } = skeletonOf(pattern);
  let text = '';
  for (let i = 0; i < FIELD_COUNT; i++) {
    const letter = letters[i] === 'L' ? 'M' : letters[i] === 'c' ? 'E' : letters[i];
    if (letter !== '' && !(letter === 'a' && i === PERIOD)) text += repeat(letter, lengths[i]);
  }
  return text;
}

// The pattern nearest to the fields of `wanted` that are in `mask`: { item, missing, extra }.
function nearestPattern(patterns, wanted, mask) {
  let best, bestDistance = Infinity, bestMissing = 0, bestExtra = 0;
  for (let i = 0; i < patterns.length; i++) {
    const { types } = patterns[i].skeleton;
    let distance = 0, missing = 0, extra = 0;
    for (let field = 0; field < FIELD_COUNT; field++) {
      const mine = mask & (1 << field) ? wanted.types[field] : 0, its = types[field];
      if (mine === its) continue;
      if (mine === 0) {
        distance += EXTRA;
        extra |= 1 << field;
      } else if (its === 0) {
        distance += MISSING;
        missing |= 1 << field;
      } else distance += mine > its ? mine - its : its - mine;
    }
    if (distance < bestDistance || (distance === bestDistance && bestMissing < missing)) {
      best = patterns[i];
      bestDistance = distance;
      bestMissing = missing;
      bestExtra = extra;
    }
  }
  return { __proto__: null, item: best, missing: bestMissing, extra: bestExtra };
}

const quotedText = (text) => (regexpExec(/[A-Za-z']/, text) === null ? text
  : "'" + replaceAll(text, "'", "''") + "'");

// The pattern with the widths of the fields that are wanted.
function adjusted(item, wanted, decimal) {
  const runs = runsOf(item.pattern);
  let pattern = '';
  for (let i = 0; i < runs.length; i++) {
    const { letter, length, text } = runs[i], field = letter === '' ? -1 : fieldOf(letter);
    if (field < 0 || wanted.types[field] === 0) {
      pattern += letter === '' ? quotedText(text) : repeat(letter, length);
      continue;
    }
    const asked = wanted.letters[field];
    let wantedLength = wanted.lengths[field], shownLength;
    if (asked === 'E' && wantedLength < 3) wantedLength = 3;
    shownLength = wantedLength;
    if (field === MINUTE || field === SECOND) shownLength = length;
    else if (item.specified) {
      const listed = item.skeleton.lengths[field];
      const isNumber = typeOf(letter, length) > 0, wantsNumber = wanted.types[field] > 0;
      if (listed === wantedLength || isNumber !== wantsNumber) shownLength = length;
    }
    const keeps = field === HOUR || field === MONTH || field === WEEKDAY || field === YEAR;
    pattern += repeat(keeps ? letter : asked, shownLength);
    if (field === SECOND && decimal !== '') pattern += decimal + repeat('S', wanted.lengths[FRACTION]);
  }
  return pattern;
}

function appended(patterns, wanted, mask, locale) {
  if ((wanted.mask & mask) === 0) return '';
  const { item, missing } = nearestPattern(patterns, wanted, mask & wanted.mask);
  let pattern = adjusted(item, wanted, ''), left = missing;
  while (left !== 0) {
    if ((left & ((1 << SECOND) | (1 << FRACTION))) === 1 << FRACTION && wanted.mask & (1 << SECOND)) {
      pattern = adjusted({ __proto__: null, pattern, skeleton: item.skeleton, specified: item.specified }, wanted,
        fieldsOf(textOf(locale, 'number'))[0]);
      left &= ~(1 << FRACTION);
      continue;
    }
    const next = nearestPattern(patterns, wanted, left);
    if (next.missing === left) break;
    const found = left & ~next.missing, more = adjusted(next.item, wanted, '');
    const top = 31 - clz32(found);
    if (top === ERA || top === YEAR) pattern = more + ' ' + pattern;
    else if (top === WEEKDAY || top >= FRACTION) pattern += ' ' + more;
    else pattern += ' (' + quotedText(top === 4 ? textOf(locale, 'day') : FIELDS[top]) + ': ' + more + ')';
    left = next.missing;
  }
  return pattern;
}

// Date and time in the pattern of a style that joins them: 0 is full, 3 short.
function joinPatterns(locale, style, date, time) {
  const joint = fieldsOf(linesOf(textOf(locale, 'styles'))[2])[style];
  const at = indexOf(joint, '{1}'), then = indexOf(joint, '{0}'); // the date is the first everywhere
  return stringSlice(joint, 0, at) + date + stringSlice(joint, at + 3, then) + time + stringSlice(joint, then + 3);
}

function bestPattern(locale, skeleton) {
  const patterns = patternsOf(locale), wanted = skeletonOf(skeleton);
  const { item, missing, extra } = nearestPattern(patterns, wanted, wanted.mask);
  if (missing === 0 && extra === 0) return adjusted(item, wanted, '');
  const date = appended(patterns, wanted, DATE_FIELDS, locale);
  const time = appended(patterns, wanted, TIME_FIELDS, locale);
  if (date === '' || time === '') return date + time;
  const month = wanted.lengths[MONTH];
  const style = month === 4 ? (wanted.lengths[WEEKDAY] > 0 ? 0 : 1) : month === 3 ? 2 : 3;
  return joinPatterns(locale, style, date, time);
}

const HOUR_LETTERS = { __proto__: null, h11: 'K', h12: 'h', h23: 'H', h24: 'k' };

// The pattern with hours counted as the cycle says.
function withCycle(pattern, cycle) {
  const runs = runsOf(pattern);
  let text = '';
  for (let i = 0; i < runs.length; i++) {
    const { letter, length } = runs[i];
    text += letter === '' ? quotedText(runs[i].text)
      : repeat(includes('hHkK', letter) ? HOUR_LETTERS[cycle] : letter, length);
  }
  return text;
}

// Patterns that were found, a few: to look for one takes as long as to show a hundred dates.
const recent = new Map();

function patternFor(locale, skeleton, cycle) {
  const key = locale + '/' + skeleton + '/' + cycle, known = mapGet(recent, key);
  if (known !== undefined) return known;
  const pattern = withCycle(bestPattern(locale, skeleton), cycle);
  if (mapSize(recent) >= MAX_PATTERNS) mapClear(recent);
  mapSet(recent, key, pattern);
  return pattern;
}
