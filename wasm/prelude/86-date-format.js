// Dates as people write them: what Intl.DateTimeFormat resolves and shows.
//
// from 10-primordials: *
// from 30-text: replaceAll split
// from 80-locales: coercedOptions digitsOption fieldsOf linesOf localeMatcher onlyOption
//   resolveLocale textOf textOption
// from 84-zones: dateOfDays findZone kindAt offsetText zoneText
// from 85-date-patterns: HOUR_LETTERS MAX_PATTERNS joinPatterns patternFor runsOf skeletonText
//   withCycle
// from C: host
// gives: WIDTH_AT dateParts plainOr resolveDateFormat timeOfValue

const STYLES = 'full long medium short', WORDS = 'narrow short long', NUMBERS = '2-digit numeric';
const STYLE_AT = { __proto__: null, full: 0, long: 1, medium: 2, short: 3 };
const WIDTH_AT = { __proto__: null, long: 0, short: 1, narrow: 2 };
const ZONE_NAMES = 'short long shortOffset longOffset shortGeneric longGeneric';
const ZONE_LETTERS = { __proto__: null, short: 'z', long: 'zzzz', shortOffset: 'O', longOffset: 'OOOO' };
const HOUR_CYCLES = { __proto__: null, K: 'h11', h: 'h12', H: 'h23', k: 'h24' };
const LAST_TIME = 8.64e15;

const SKELETON_FIELDS = [
  // option, its values, letter, the count of letters for each value
  ['weekday', WORDS, 'E', [5, 3, 4]], ['era', WORDS, 'G', [5, 1, 4]], ['year', NUMBERS, 'y', [2, 1]],
  ['month', NUMBERS + ' ' + WORDS, 'M', [2, 1, 5, 3, 4]], ['day', NUMBERS, 'd', [2, 1]],
  ['dayPeriod', WORDS, 'B', [5, 1, 4]], ['hour', NUMBERS, 'j', [2, 1]], ['minute', NUMBERS, 'm', [2, 1]],
  ['second', NUMBERS, 's', [2, 1]],
];
for (let i = 0; i < SKELETON_FIELDS.length; i++) setPrototypeOf(SKELETON_FIELDS[i], null);
setPrototypeOf(SKELETON_FIELDS, null);

// Whether the locale's clock has twelve hours.
const countsTwelve = (locale) => {
  const pattern = fieldsOf(linesOf(textOf(locale, 'styles'))[1])[3];
  return regexpExec(/[hK]/, pattern) !== null;
};

// required and defaults: date, time, any (all for defaults) as in CreateDateTimeFormat.
function resolveDateFormat(locales, givenOptions, required, defaults) {
  const { locale, keys } = resolveLocale(locales, { __proto__: null, nu: true, ca: true, hc: true });
  const options = coercedOptions(givenOptions), plan = { __proto__: null, locale };
  localeMatcher(options);
  onlyOption(options, 'calendar', keys.ca, 'gregory');
  onlyOption(options, 'numberingSystem', keys.nu, 'latn');
  const twelve = options.hour12;
  let cycle = textOption(options, 'hourCycle', 'h11 h12 h23 h24', undefined);
  if (twelve !== undefined) cycle = null;
  else if (cycle === undefined && keys.hc && HOUR_LETTERS[keys.hc] !== undefined) cycle = keys.hc;
  const zone = options.timeZone;
  plan.zone = findZone(zone === undefined ? 'UTC' : '' + zone);
  const wanted = { __proto__: null };
  let explicit = false;
  for (let i = 0; i < SKELETON_FIELDS.length; i++) {
    const field = SKELETON_FIELDS[i];
    wanted[field[0]] = textOption(options, field[0], field[1], undefined);
    explicit ||= wanted[field[0]] !== undefined;
  }
  wanted.fraction = digitsOption(options.fractionalSecondDigits, 'fractionalSecondDigits', 1, 3, undefined);
  wanted.zoneName = textOption(options, 'timeZoneName', ZONE_NAMES, undefined);
  if (wanted.zoneName === 'shortGeneric' || wanted.zoneName === 'longGeneric') {
    throw new RangeError('timeZoneName ' + wanted.zoneName + ' is not available here: there are short, long, shortOffset, longOffset');
  }
  explicit ||= wanted.fraction !== undefined || wanted.zoneName !== undefined;
  textOption(options, 'formatMatcher', 'basic best fit', 'best fit');
  plan.dateStyle = textOption(options, 'dateStyle', STYLES, undefined);
  plan.timeStyle = textOption(options, 'timeStyle', STYLES, undefined);
  const usual = countsTwelve(locale) ? 'h12' : 'h23';
  if (twelve !== undefined) cycle = !twelve ? 'h23' : startsWith(locale, 'ja') ? 'h11' : 'h12';
  plan.pattern = plan.dateStyle === undefined && plan.timeStyle === undefined
    ? fieldPattern(locale, wanted, required, defaults, cycle ?? usual)
    : stylePattern(plan, explicit, required, cycle ?? usual, usual);
  plan.runs = runsOf(plan.pattern);
  plan.hourCycle = undefined;
  for (let i = 0; i < plan.runs.length; i++) plan.hourCycle ??= HOUR_CYCLES[plan.runs[i].letter];
  return plan;
}

function stylePattern(plan, explicit, required, cycle, usual) {
  const { locale, dateStyle, timeStyle } = plan;
  if (explicit) throw new TypeError("Can't set fields such as year or hour when dateStyle or timeStyle is used");
  if (required === 'date' && timeStyle !== undefined) throw new TypeError('Invalid option : timeStyle');
  if (required === 'time' && dateStyle !== undefined) throw new TypeError('Invalid option : dateStyle');
  const lines = linesOf(textOf(locale, 'styles'));
  const date = dateStyle === undefined ? '' : fieldsOf(lines[0])[STYLE_AT[dateStyle]];
  let time = timeStyle === undefined ? '' : fieldsOf(lines[1])[STYLE_AT[timeStyle]];
  if (time !== '' && cycle !== usual) {
    const twelve = cycle === 'h11' || cycle === 'h12';
    if (twelve !== (usual === 'h12')) {
      time = patternFor(locale, replaceAll(skeletonText(time), twelve ? 'H' : 'h', twelve ? 'h' : 'H'), cycle);
    } else time = withCycle(time, cycle);
  }
  if (date === '' || time === '') return date + time;
  return joinPatterns(locale, STYLE_AT[dateStyle], date, time);
}

function fieldPattern(locale, wanted, required, defaults, cycle) {
  const { weekday, year, month, day, dayPeriod, hour, minute, second, fraction } = wanted;
  const hasDate = (weekday ?? year ?? month ?? day) !== undefined;
  const hasTime = (dayPeriod ?? hour ?? minute ?? second ?? fraction) !== undefined;
  const enough = required === 'date' ? hasDate : required === 'time' ? hasTime : hasDate || hasTime;
  if (!enough) {
    if (defaults !== 'time') wanted.year = wanted.month = wanted.day = 'numeric';
    if (defaults !== 'date') wanted.hour = wanted.minute = wanted.second = 'numeric';
  }
  let skeleton = '';
  for (let i = 0; i < SKELETON_FIELDS.length; i++) {
    const field = SKELETON_FIELDS[i], value = wanted[field[0]];
    if (value === undefined) continue;
    const values = split(field[1], ' ');
    let at = 0;
    while (values[at] !== value) at++;
    let letter = field[2];
    if (letter === 'j') letter = cycle === 'h11' || cycle === 'h12' ? 'h' : 'H';
    skeleton += repeat(letter, field[3][at]);
  }
  if (fraction !== undefined) skeleton += repeat('S', fraction);
  if (wanted.zoneName !== undefined) skeleton += ZONE_LETTERS[wanted.zoneName];
  return patternFor(locale, skeleton, cycle);
}

// The time that a value stands for, in milliseconds.
function timeOfValue(value) {
  const ms = value === undefined ? host.now() : isDate(value) ? getTime(value) : +value;
  if (!(ms >= -LAST_TIME && ms <= LAST_TIME)) throw new RangeError('Invalid time value');
  return trunc(ms);
}
const isDate = (value) => isObject(value) && host.classOf(value) === 'Date';

const dayNames = (locale, standsAlone, length) =>
  fieldsOf(linesOf(textOf(locale, 'days'))[(standsAlone ? 3 : 0) + (length === 4 ? 0 : length === 5 ? 2 : 1)]);
const monthNames = (locale, standsAlone, length) =>
  fieldsOf(linesOf(textOf(locale, 'months'))[(standsAlone ? 3 : 0) + (length === 4 ? 0 : length === 5 ? 2 : 1)]);

function periodName(locale, minutes, length) {
  const at = 3 + (length === 4 ? 0 : length === 5 ? 2 : 1);
  const lines = linesOf(textOf(locale, 'periods'));
  let name = '';
  for (let i = 0; i < lines.length; i++) {
    const fields = fieldsOf(lines[i]), start = +fields[1], end = +fields[2];
    const inside = start < end ? minutes >= start && minutes < end : minutes >= start || minutes < end;
    if (!inside || (fields[0] === 'at' && fields[at] === '')) continue;
    name = fields[at];
    if (fields[0] === 'at') break;
  }
  return name;
}

const PART_NAMES = {
  __proto__: null, G: 'era', y: 'year', M: 'month', L: 'month', E: 'weekday', c: 'weekday', d: 'day',
  a: 'dayPeriod', B: 'dayPeriod', h: 'hour', H: 'hour', k: 'hour', K: 'hour', m: 'minute', s: 'second',
  S: 'fractionalSecond', z: 'timeZoneName', O: 'timeZoneName',
};

// One field of a date: `at` is the local time.
function fieldText(plan, letter, length, at, ms) {
  const { locale } = plan;
  const number = (value) => padStart('' + value, length === 1 ? 1 : length, '0');
  switch (letter) {
    case 'G':
      return fieldsOf(linesOf(textOf(locale, 'eras'))[length === 4 ? 0 : length === 5 ? 2 : 1])[at.year > 0 ? 1 : 0];
    case 'y': {
      const year = at.year > 0 ? at.year : 1 - at.year;
      return length === 2 ? padStart('' + year % 100, 2, '0') : number(year);
    }
    case 'M': case 'L':
      return length <= 2 ? number(at.month) : monthNames(locale, letter === 'L', length)[at.month - 1];
    case 'E': case 'c': return dayNames(locale, letter === 'c', length)[at.weekday];
    case 'd': return number(at.day);
    case 'a': {
      const line = linesOf(textOf(locale, 'halves'))[length === 4 ? 0 : length === 5 ? 2 : 1];
      return fieldsOf(line)[at.hour < 12 ? 0 : 1];
    }
    case 'B': return periodName(locale, at.hour * 60 + (includes(plan.pattern, 'm') ? at.minute : 0), length);
    case 'h': return number(at.hour % 12 || 12);
    case 'H': return number(at.hour);
    case 'k': return number(at.hour || 24);
    case 'K': return number(at.hour % 12);
    case 'm': return number(at.minute);
    case 's': return number(at.second);
    case 'S': return stringSlice(padStart('' + at.ms, 3, '0'), 0, length);
    case 'z': return zoneText(locale, plan.zone, ms, length === 4 ? 'long' : 'short');
    default: return offsetText(locale, kindAt(plan.zone, ms).offset, length === 4);
  }
}

function localTime(zone, ms) {
  const local = ms + kindAt(zone, ms).offset * 1000, days = floor(local / 86400000);
  const at = dateOfDays(days), rest = local - days * 86400000;
  at.hour = floor(rest / 3600000);
  at.minute = floor(rest / 60000) % 60;
  at.second = floor(rest / 1000) % 60;
  at.ms = rest % 1000;
  return at;
}

// A date as a list of [type, text].
function dateParts(plan, ms) {
  const { runs } = plan, at = localTime(plan.zone, ms), parts = list();
  for (let i = 0; i < runs.length; i++) {
    const { letter, length, text } = runs[i];
    const shown = letter === '' ? text : fieldText(plan, letter, length, at, ms);
    push(parts, [letter === '' ? 'literal' : PART_NAMES[letter], shown]);
  }
  return parts;
}

// What was resolved without options, a few: most dates and numbers are shown so.
const resolvedPlain = new Map();

function plainOr(kind, locales, options, resolve) {
  if (options !== undefined || (locales !== undefined && typeof locales !== 'string')) return resolve();
  const key = kind + '/' + locales, known = mapGet(resolvedPlain, key);
  if (known !== undefined) return known;
  const plan = resolve();
  if (mapSize(resolvedPlain) >= MAX_PATTERNS) mapClear(resolvedPlain);
  mapSet(resolvedPlain, key, plan);
  return plan;
}
