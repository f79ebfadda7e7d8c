// toLocaleString of dates without Intl: as in en-US, in UTC.
//
// from 10-primordials: *
// from 34-error-text: cut

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
  'September', 'October', 'November', 'December'];
const DATE_FIELDS = ['weekday', 'year', 'month', 'day'];
const TIME_FIELDS = ['hour', 'minute', 'second', 'fractionalSecondDigits', 'dayPeriod'];
const DATE_STYLES = {
  __proto__: null,
  full: { __proto__: null, weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' },
  long: { __proto__: null, year: 'numeric', month: 'long', day: 'numeric' },
  medium: { __proto__: null, year: 'numeric', month: 'short', day: 'numeric' },
  short: { __proto__: null, year: '2-digit', month: 'numeric', day: 'numeric' },
};
const UTC_NAMES = {
  __proto__: null, UTC: true, GMT: true, 'ETC/UTC': true, 'ETC/GMT': true, Z: true, '+00:00': true,
};

const utc = {
  year: uncurry(Date.prototype.getUTCFullYear), month: uncurry(Date.prototype.getUTCMonth),
  day: uncurry(Date.prototype.getUTCDate), weekday: uncurry(Date.prototype.getUTCDay),
  hour: uncurry(Date.prototype.getUTCHours), minute: uncurry(Date.prototype.getUTCMinutes),
  second: uncurry(Date.prototype.getUTCSeconds), ms: uncurry(Date.prototype.getUTCMilliseconds),
};

const twoDigits = (number) => padStart('' + number % 100, 2, '0');
const digitsOf = (number, style) => (style === '2-digit' ? twoDigits(number) : '' + number);
const nameIn = (names, at, style) => {
  if (style === 'narrow') return names[at][0];
  return style === 'short' ? stringSlice(names[at], 0, 3) : names[at];
};

// The fields to show, from the caller's options; `defaults` are shown when it asks for none.
function dateFields(options, defaults) {
  const fields = { __proto__: null };
  const zone = option(options, 'timeZone');
  if (zone !== undefined && !UTC_NAMES[toUpperCase('' + zone)]) {
    throw new RangeError('The time zone ' + cut('' + zone)
      + ' is not available: there is only UTC; add the offset yourself.');
  }
  const dateStyle = option(options, 'dateStyle'), timeStyle = option(options, 'timeStyle');
  for (let i = 0; i < DATE_FIELDS.length; i++) {
    const field = DATE_FIELDS[i];
    fields[field] = dateStyle === undefined ? option(options, field) : DATE_STYLES[dateStyle]?.[field];
  }
  for (let i = 0; i < TIME_FIELDS.length; i++) fields[TIME_FIELDS[i]] = option(options, TIME_FIELDS[i]);
  if (timeStyle !== undefined) {
    fields.hour = 'numeric';
    fields.minute = '2-digit';
    fields.second = timeStyle === 'short' ? undefined : '2-digit';
    fields.zone = timeStyle === 'long' || timeStyle === 'full' ? 'short' : undefined;
  }
  if ((defaults === 'date' && timeStyle !== undefined) || (defaults === 'time' && dateStyle !== undefined)) {
    throw new TypeError('Invalid option : ' + (defaults === 'date' ? 'timeStyle' : 'dateStyle'));
  }
  const { weekday, year, month, day, hour, minute, second } = fields;
  const hasDate = (weekday ?? year ?? month ?? day) !== undefined;
  const hasTime = (hour ?? minute ?? second ?? fields.fractionalSecondDigits) !== undefined;
  const wanted = defaults === 'date' ? hasDate : defaults === 'time' ? hasTime : hasDate || hasTime;
  if (!wanted && dateStyle === undefined && timeStyle === undefined) {
    if (defaults !== 'time') fields.year = fields.month = fields.day = 'numeric';
    if (defaults !== 'date') {
      fields.hour = 'numeric';
      fields.minute = fields.second = '2-digit';
    }
  }
  fields.zone ??= option(options, 'timeZoneName');
  const cycle = option(options, 'hourCycle'), twelve = option(options, 'hour12');
  fields.twelve = twelve === undefined ? cycle !== 'h23' && cycle !== 'h24' : !!twelve;
  fields.midnight = twelve === false && cycle === undefined ? 24 : 0; // en-US writes 24:00 then
  return fields;
}

function datePart(date, { weekday, year, month, day }) {
  const dayName = weekday && nameIn(WEEKDAYS, utc.weekday(date), weekday);
  const yearText = year && digitsOf(utc.year(date), year), dayText = day && digitsOf(utc.day(date), day);
  if (month === undefined || month === 'numeric' || month === '2-digit') {
    const parts = list();
    if (month) push(parts, digitsOf(utc.month(date) + 1, month));
    if (dayText) push(parts, dayText);
    if (yearText) push(parts, yearText);
    const numbers = arrayJoin(parts, '/');
    if (!dayName || !numbers) return dayName ?? numbers;
    return parts.length === 1 && dayText ? dayText + ' ' + dayName : dayName + ', ' + numbers;
  }
  let text = nameIn(MONTHS, utc.month(date), month);
  if (dayText) text += ' ' + dayText;
  if (dayName) text = dayName + ', ' + text;
  return yearText ? text + (dayText ? ', ' : ' ') + yearText : text;
}

function timePart(date, { hour, minute, second, fractionalSecondDigits, twelve, midnight, zone }) {
  const hours = utc.hour(date), parts = list();
  if (hour) {
    const shown = twelve ? hours % 12 || 12 : hours || midnight;
    push(parts, hour === '2-digit' || !twelve ? twoDigits(shown) : '' + shown);
  }
  if (minute) push(parts, hour || second ? twoDigits(utc.minute(date)) : '' + utc.minute(date));
  if (second) push(parts, minute || hour ? twoDigits(utc.second(date)) : '' + utc.second(date));
  let text = arrayJoin(parts, ':');
  if (fractionalSecondDigits) {
    text += '.' + stringSlice(padStart('' + utc.ms(date), 3, '0'), 0, fractionalSecondDigits);
  }
  if (hour && twelve) text += hours < 12 ? ' AM' : ' PM';
  if (!zone) return text;
  const name = zone === 'long' ? 'Coordinated Universal Time' : 'UTC';
  return text === '' ? name : text + ' ' + name;
}

function formatLocaleDate(date, options, defaults) {
  if (isNaNValue(getTime(date))) return 'Invalid Date';
  const fields = dateFields(options, defaults);
  const day = datePart(date, fields), time = timePart(date, fields);
  if (!day || !time) return day || time;
  const { weekday, year, month, day: dayField } = fields;
  if (weekday && !(year || month || dayField)) return day + ' ' + time;
  return day + (month === 'long' ? ' at ' : ', ') + time;
}

defineAll(Date.prototype, {
  toLocaleString(locales = undefined, options = undefined) { return formatLocaleDate(this, options, 'any'); },
  toLocaleDateString(locales = undefined, options = undefined) { return formatLocaleDate(this, options, 'date'); },
  toLocaleTimeString(locales = undefined, options = undefined) { return formatLocaleDate(this, options, 'time'); },
});
