// toLocaleString of numbers without Intl: as in en-US, whatever locale is asked for.
//
// from 10-primordials: *

const CURRENCIES = {
  __proto__: null, USD: '$', EUR: '€', GBP: '£', JPY: '¥', INR: '₹', CNY: 'CN¥', KRW: '₩', BRL: 'R$',
  CAD: 'CA$', AUD: 'A$', MXN: 'MX$', NZD: 'NZ$', ILS: '₪', VND: '₫', HKD: 'HK$', TWD: 'NT$',
};
const NO_CENTS = { __proto__: null, JPY: true, KRW: true, VND: true, CLP: true };
const COMPACT = ['', 'K', 'M', 'B', 'T'];

function digitsOption(options, name, low, high, otherwise) {
  const value = option(options, name);
  if (value === undefined) return otherwise;
  if (!(+value >= low && +value <= high)) throw new RangeError(name + ' value is out of range.');
  return floor(+value);
}

// A number as { digits, point }: its shortest decimal digits, `point` of them before the point.
// Rounding works on these, as Intl's does: 1.005 becomes 1.01, whatever it is in binary.
function decimalOf(text) {
  const mark = indexOf(text, 'e'), mantissa = mark < 0 ? text : stringSlice(text, 0, mark);
  const dot = indexOf(mantissa, '.'), whole = dot < 0 ? mantissa : stringSlice(mantissa, 0, dot);
  const all = whole + (dot < 0 ? '' : stringSlice(mantissa, dot + 1));
  const digits = regexpExec(/^0*([0-9]*?)0*$/, all)[1], zeros = regexpExec(/^0*/, all)[0].length;
  const point = digits === '' ? 0 : whole.length - zeros + (mark < 0 ? 0 : +stringSlice(text, mark + 1));
  return { digits, point };
}

// Rounds to `count` digits, halves away from zero.
function roundDigits(decimal, count) {
  const { digits, point } = decimal;
  if (count >= digits.length) return decimal;
  if (count < 0 || digits[count] < '5') {
    const kept = regexpExec(/^([0-9]*?)0*$/, stringSlice(digits, 0, max(count, 0)))[1];
    return { digits: kept, point: kept === '' ? 0 : point };
  }
  let last = count - 1;
  while (last >= 0 && digits[last] === '9') last--;
  if (last < 0) return { digits: '1', point: point + 1 };
  return { digits: stringSlice(digits, 0, last) + (+digits[last] + 1), point };
}

// Plain digits with at least `least` after the point.
function writeDecimal(decimal, least) {
  const { digits, point } = decimal;
  const whole = point <= 0 ? '0' : padEnd(stringSlice(digits, 0, point), point, '0');
  const rest = point < 0 ? repeat('0', -point) + digits : stringSlice(digits, point);
  const fraction = padEnd(rest, least, '0');
  return fraction === '' ? whole : whole + '.' + fraction;
}

// In thousands, millions and so on: { decimal, suffix }.
function compacted(decimal, roundOff) {
  let power = min(max(floor((decimal.point - 1) / 3), 0), COMPACT.length - 1);
  const scaled = () => roundOff({ digits: decimal.digits, point: decimal.point - 3 * power });
  let rounded = scaled();
  if (rounded.point > 3 && power < COMPACT.length - 1) {
    power++;
    rounded = scaled();
  }
  return { decimal: rounded, suffix: COMPACT[power] };
}

function grouped(text) {
  const point = indexOf(text, '.'), whole = point < 0 ? text : stringSlice(text, 0, point);
  const parts = list();
  for (let end = whole.length % 3 || 3, from = 0; from < whole.length; from = end, end += 3) {
    push(parts, stringSlice(whole, from, end));
  }
  return arrayJoin(parts, ',') + (point < 0 ? '' : stringSlice(text, point));
}

// How a number is to be rounded, and how many digits follow the point at least.
function roundingOf(options, style, compact, code) {
  const most = digitsOption(options, 'maximumSignificantDigits', 1, 21, undefined);
  const least = digitsOption(options, 'minimumSignificantDigits', 1, 21, undefined);
  if (most !== undefined || least !== undefined) {
    return {
      roundOff: (decimal) => roundDigits(decimal, most ?? 21),
      least: ({ digits, point }) => max((least ?? 1) - (digits === '' ? 1 : point), 0),
    };
  }
  const usual = style === 'currency' && !compact ? (NO_CENTS[code] ? 0 : 2) : 0;
  const leastGiven = digitsOption(options, 'minimumFractionDigits', 0, 100, undefined);
  const mostGiven = digitsOption(options, 'maximumFractionDigits', 0, 100, undefined);
  const fewest = leastGiven ?? min(usual, mostGiven ?? usual);
  const limit = mostGiven ?? max(fewest, style === 'decimal' || style === 'unit' ? 3 : usual);
  if (fewest > limit) throw new RangeError('maximumFractionDigits value is out of range.');
  const short = compact && leastGiven === undefined && mostGiven === undefined;
  return {
    roundOff: (decimal) => roundDigits(decimal, short ? max(decimal.point, 2) : decimal.point + limit),
    least: () => fewest,
  };
}

function currencyText(code, options, text) {
  const symbol = option(options, 'currencyDisplay') === 'code' ? undefined : CURRENCIES[code];
  return (symbol ?? (text[0] >= '0' && text[0] <= '9' ? code + '\xa0' : code)) + text;
}

// value: a number or BigInt
function formatLocaleNumber(value, options) {
  const style = option(options, 'style') ?? 'decimal', currency = option(options, 'currency');
  if (style === 'currency' && currency === undefined) {
    throw new TypeError('Currency code is required with currency style.');
  }
  const code = currency === undefined ? undefined : toUpperCase('' + currency);
  const compact = option(options, 'notation') === 'compact';
  const { roundOff, least } = roundingOf(options, style, compact, code);
  const negative = value < 0 || (value === 0 && 1 / value < 0);
  let text = value !== value ? 'NaN' : '∞', zero = false, suffix = '';
  if (typeof value === 'bigint' || value - value === 0) {
    const exact = typeof value === 'bigint' ? bigintToString(value) : numberToString(value);
    let decimal = decimalOf(exact[0] === '-' ? stringSlice(exact, 1) : exact);
    if (style === 'percent' && decimal.digits !== '') decimal.point += 2;
    if (compact) ({ decimal, suffix } = compacted(decimal, roundOff));
    else decimal = roundOff(decimal);
    zero = decimal.digits === '';
    text = writeDecimal(decimal, least(decimal));
    const whole = indexOf(text, '.') < 0 ? text.length : indexOf(text, '.');
    text = repeat('0', max(digitsOption(options, 'minimumIntegerDigits', 1, 21, 1) - whole, 0)) + text;
    if (option(options, 'useGrouping') !== false && (!compact || whole > 4)) text = grouped(text);
  }
  const shown = option(options, 'signDisplay');
  const plus = shown === 'always' || (shown === 'exceptZero' && !zero && text !== 'NaN');
  const minus = negative && !(zero && (shown === 'negative' || shown === 'exceptZero'));
  const sign = shown === 'never' ? '' : minus ? '-' : plus ? '+' : '';
  if (style === 'currency') text = currencyText(code, options, text);
  return sign + text + suffix + (style === 'percent' ? '%' : '') + unitText(style, options);
}

const unitText = (style, options) => (style === 'unit' ? ' ' + option(options, 'unit') : '');

defineAll(Number.prototype, {
  toLocaleString(locales = undefined, options = undefined) {
    return formatLocaleNumber(numberValueOf(this), options);
  },
});
defineAll(BigInt.prototype, {
  toLocaleString(locales = undefined, options = undefined) {
    return formatLocaleNumber(bigintValueOf(this), options);
  },
});
