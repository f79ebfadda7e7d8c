// Time zones: how far each is from UTC at an instant, and what that is called.
//
// from 10-primordials: *
// from 30-text: replaceAll split
// from 80-locales: brief fieldsOf textOf
// from C: host
// gives: dateOfDays findZone kindAt offsetText zoneText

const OFFSET_ZONE = /^([+-])([01][0-9]|2[0-3])(?::?([0-5][0-9]))?$/;
const UTC_ZONES = ' utc etc/utc etc/uct etc/universal etc/zulu uct universal zulu gmt etc/gmt etc/gmt0 etc/gmt+0 etc/gmt-0 etc/greenwich gmt0 gmt+0 gmt-0 greenwich ';
const NEAREST = 5;
const DAY_SECONDS = 86400;

let lastRecord = '', lastKinds; // the zone that was asked for last, read

// { name, record, meta, offset }: `record` of a zone with a name, `offset` of one that is only that.
function findZone(given) {
  const match = given.length <= 6 ? regexpExec(OFFSET_ZONE, given) : null;
  if (match !== null) {
    const minutes = +match[2] * 60 + +(match[3] ?? '0'), sign = minutes === 0 ? '+' : match[1];
    const name = sign + padStart('' + floor(minutes / 60), 2, '0') + ':' + padStart('' + minutes % 60, 2, '0');
    return { __proto__: null, name, record: undefined, meta: '', offset: (sign === '-' ? -60 : 60) * minutes };
  }
  const lower = toLowerCase(given);
  const text = given.length > 60 ? undefined : host.localeText('zone', lower);
  if (text === undefined) throw new RangeError(noZone(given));
  const fields = fieldsOf(text), same = includes(UTC_ZONES, ' ' + lower + ' ');
  return {
    __proto__: null, name: same ? 'UTC' : fields[0], record: fields[1], meta: same ? '' : fields[2],
    offset: undefined,
  };
}

const pairsOf = (text) => {
  const pairs = list();
  for (let i = 0; i + 1 < text.length; i++) push(pairs, text[i] + text[i + 1]);
  return pairs;
};

const OFFSET = /^(?:gmt|utc)([+-])(\d{1,2})(?::?(\d\d))?$/i;

// By the pairs of letters that two names share. The signs of Etc/GMT+2 and its like are turned round.
function noZone(given) {
  const offset = given.length < 20 ? regexpExec(OFFSET, given) : null;
  if (offset !== null) {
    const hours = (offset[2].length < 2 ? '0' : '') + offset[2];
    return 'Invalid time zone specified: ' + brief(given) + '. Write it as ' + offset[1] + hours + ':'
      + (offset[3] ?? '00') + ', or name a place, as in Europe/Berlin.';
  }
  const wanted = toLowerCase(stringSlice(given, 0, 60)), pairs = pairsOf(wanted), best = list();
  const names = split(host.localeText('zones'), ' '), city = stringSlice(wanted, lastIndexOf(wanted, '/') + 1);
  for (let i = 0; i < names.length; i++) {
    const name = toLowerCase(names[i]);
    let score = city !== '' && includes(name, replaceAll(city, ' ', '_')) ? 4 : 0;
    for (let j = 0; j < pairs.length; j++) score += includes(name, pairs[j]) ? 1 : 0;
    score /= 8 + pairs.length + name.length / 2;
    let at = best.length;
    while (at > 0 && best[at - 1].score < score) at--;
    for (let j = min(best.length, NEAREST - 1); j > at; j--) best[j] = best[j - 1];
    if (at < NEAREST) best[at] = { score, name: names[i] };
  }
  let shown = '';
  for (let i = 0; i < best.length; i++) shown += (i > 0 ? ', ' : '') + best[i].name;
  return 'Invalid time zone specified: ' + brief(given) + '. The nearest names are ' + shown
    + '; offsets such as +02:00 are known too.';
}

// The record of a zone (see zone_data.py): { kinds, times, after, tail }.
function readZone(record) {
  if (record === lastRecord) return lastKinds;
  const parts = split(host.localeText('time', record), ';'), kindTexts = split(parts[0], ',');
  const kinds = list(), times = list(), after = list(), changes = parts[1];
  for (let i = 0; i < kindTexts.length; i++) {
    const text = kindTexts[i];
    push(kinds, {
      __proto__: null, offset: +stringSlice(text, 0, -1), daylight: text[text.length - 1] === 'd',
    });
  }
  for (let i = 1, time = 0, from = 1; i < changes.length; i++) {
    if (changes[i] >= 'a' || changes[i] <= '9') continue;
    time += parseInt(stringSlice(changes, from, i), 36) * 30;
    push(times, time);
    push(after, charCodeAt(changes, i) - 65);
    from = i + 1;
  }
  lastKinds = {
    __proto__: null, kinds, times, after, first: charCodeAt(changes, 0) - 65,
    tail: parts[2] === '' ? undefined : readZoneRule(parts[2]),
  };
  lastRecord = record;
  return lastKinds;
}

function readZoneRule(text) {
  const days = split(stringSlice(text, 2), ','), begins = list();
  for (let i = 0; i < 2; i++) {
    const match = regexpExec(/^([0-9]+)\.([0-9])\.([0-9])\/(-?[0-9]+)$/, days[i]);
    push(begins, { __proto__: null, month: +match[1], week: +match[2], weekday: +match[3], time: +match[4] });
  }
  return {
    __proto__: null, standard: charCodeAt(text, 0) - 65, daylight: charCodeAt(text, 1) - 65, begins,
  };
}

// Days since 1970 of a date of the Gregorian calendar, and back: { year, month, day, weekday }.
function daysOf(year, month, day) {
  const y = month <= 2 ? year - 1 : year, era = floor(y / 400), ofEra = y - era * 400;
  const ofYear = floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146097 + ofEra * 365 + floor(ofEra / 4) - floor(ofEra / 100) + ofYear - 719468;
}
function dateOfDays(days) {
  const shiftedDays = days + 719468, era = floor(shiftedDays / 146097), ofEra = shiftedDays - era * 146097;
  const yearOfEra = floor((ofEra - floor(ofEra / 1460) + floor(ofEra / 36524) - floor(ofEra / 146096)) / 365);
  const ofYear = ofEra - (365 * yearOfEra + floor(yearOfEra / 4) - floor(yearOfEra / 100));
  const shiftedMonth = floor((5 * ofYear + 2) / 153), month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9);
  return {
    __proto__: null, year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
    day: ofYear - floor((153 * shiftedMonth + 2) / 5) + 1, weekday: ((days + 4) % 7 + 7) % 7,
  };
}

// Local seconds since 1970 at which a tail's kind of time begins in a year.
function ruleBegins(start, year) {
  const first = daysOf(year, start.month, 1);
  let day = first + (start.weekday - ((first + 4) % 7 + 7) % 7 + 7) % 7 + 7 * (start.week - 1);
  const next = start.month === 12 ? daysOf(year + 1, 1, 1) : daysOf(year, start.month + 1, 1);
  while (day >= next) day -= 7; // the fifth is the last
  return day * DAY_SECONDS + start.time;
}

// { offset, daylight } of a zone at an instant, in milliseconds. Before 1970 as at its beginning.
function kindAt(zone, ms) {
  if (zone.offset !== undefined) return { __proto__: null, offset: zone.offset, daylight: false };
  const { kinds, times, after, first, tail } = readZone(zone.record), seconds = floor(ms / 1000);
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= seconds) low = middle + 1;
    else high = middle;
  }
  if (low < times.length || tail === undefined) return kinds[low === 0 ? first : after[low - 1]];
  const standard = kinds[tail.standard], daylight = kinds[tail.daylight];
  const { year } = dateOfDays(floor((seconds + standard.offset) / DAY_SECONDS));
  const start = ruleBegins(tail.begins[0], year) - standard.offset;
  const end = ruleBegins(tail.begins[1], year) - daylight.offset;
  const inside = start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end;
  return inside ? daylight : standard;
}

// GMT+5:30, or GMT+05:30 when it is long.
function offsetText(locale, offset, long) {
  const fields = fieldsOf(textOf(locale, 'offsets')), seconds = offset < 0 ? -offset : offset;
  const hours = '' + floor(seconds / 3600), minutes = floor(seconds / 60) % 60, rest = seconds % 60;
  let text = fields[0] + (offset < 0 ? fields[1] : '+') + (long ? padStart(hours, 2, '0') : hours);
  if (long || minutes > 0 || rest > 0) text += fields[2] + padStart('' + minutes, 2, '0');
  return rest > 0 ? text + fields[2] + padStart('' + rest, 2, '0') : text;
}

// length: long or short
function zoneText(locale, zone, ms, length) {
  const { offset, daylight } = kindAt(zone, ms);
  const at = (length === 'long' ? 0 : 2) + (daylight ? 1 : 0);
  const own = textOf(locale, 'city', (zone.name === 'UTC' ? 'Etc/UTC' : zone.name));
  const name = (own !== undefined && fieldsOf(own)[at])
    || (zone.meta !== '' && fieldsOf(textOf(locale, 'meta', zone.meta) ?? '\t\t\t')[at]);
  return name || (zone.name === 'UTC' ? 'UTC' : '') || offsetText(locale, offset, length === 'long');
}
