// Decimal numbers as digits, and their rounding: 1.005 becomes 1.01, whatever it is in binary.
//
// from 10-primordials: *
// gives: decimalOfNumber decimalOfValue roundDigits roundToIncrement writeDecimal

const DECIMAL_TEXT = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const AROUND = /^[\s\ufeff]*([^]*?)[\s\ufeff]*$/;

// { negative, digits, point }: the digits without zeros around them, `point` of them before the
// point. Not finite: `special` is NaN or Infinity instead.
function decimalOf(text) {
  const mark = lastIndexOf(text, 'e'), mantissa = mark < 0 ? text : stringSlice(text, 0, mark);
  const dot = indexOf(mantissa, '.'), whole = dot < 0 ? mantissa : stringSlice(mantissa, 0, dot);
  const all = whole + (dot < 0 ? '' : stringSlice(mantissa, dot + 1));
  let from = 0, end = all.length;
  while (from < end && all[from] === '0') from++;
  while (end > from && all[end - 1] === '0') end--;
  const point = from === end ? 0 : whole.length - from + (mark < 0 ? 0 : +stringSlice(text, mark + 1));
  return { negative: false, digits: stringSlice(all, from, end), point, special: undefined };
}

const notDecimal = (special, negative) => ({ negative, digits: '', point: 0, special });

function decimalOfNumber(number) {
  const negative = number < 0 || (number === 0 && 1 / number < 0);
  if (number - number !== 0) return notDecimal(number === number ? 'infinity' : 'nan', negative);
  const decimal = decimalOf(numberToString(negative ? -number : number));
  decimal.negative = negative;
  return decimal;
}

// What the standard calls an Intl mathematical value: texts keep all their digits.
function decimalOfValue(value) {
  const primitive = isObject(value) ? toPrimitive(value) : value;
  if (typeof primitive === 'bigint') {
    const text = bigintToString(primitive), negative = text[0] === '-';
    const decimal = decimalOf(negative ? stringSlice(text, 1) : text);
    decimal.negative = negative;
    return decimal;
  }
  if (typeof primitive !== 'string') return decimalOfNumber(+primitive);
  const trimmed = regexpExec(AROUND, primitive)[1], number = +primitive;
  if (number - number !== 0 || number === 0 || regexpExec(DECIMAL_TEXT, trimmed) === null) {
    return decimalOfNumber(number);
  }
  const signed = trimmed[0] === '-' || trimmed[0] === '+';
  const decimal = decimalOf(toLowerCase(signed ? stringSlice(trimmed, 1) : trimmed));
  decimal.negative = trimmed[0] === '-';
  return decimal;
}

// A number is wanted.
function toPrimitive(object) {
  const exotic = object[Symbol.toPrimitive];
  if (exotic !== undefined && exotic !== null) {
    const made = apply(exotic, object, ['number']);
    if (!isObject(made)) return made;
  } else {
    for (let i = 0; i < 2; i++) {
      const method = i === 0 ? object.valueOf : object.toString;
      const made = typeof method === 'function' ? apply(method, object, []) : object;
      if (!isObject(made)) return made;
    }
  }
  throw new TypeError('Cannot convert object to primitive value');
}

// Whether what is cut off makes the last digit that is kept one larger.
function roundsUp(mode, negative, lastIsOdd, tail, farBelow) {
  if (tail === '') return false;
  if (mode === 'expand') return true;
  if (mode === 'trunc') return false;
  if (mode === 'ceil') return !negative;
  if (mode === 'floor') return negative;
  if (farBelow || tail[0] < '5') return false;
  if (tail !== '5') return true;
  if (mode === 'halfExpand') return true;
  if (mode === 'halfTrunc') return false;
  if (mode === 'halfEven') return lastIsOdd;
  return mode === 'halfCeil' ? !negative : negative;
}

// Rounds to `count` digits, which may be none or fewer.
function roundDigits(decimal, count, mode) {
  const { digits, point, negative } = decimal;
  if (count >= digits.length || digits === '') return decimal;
  const kept = stringSlice(digits, 0, max(count, 0)), tail = stringSlice(digits, max(count, 0));
  const odd = count > 0 && +digits[count - 1] % 2 === 1;
  if (!roundsUp(mode, negative, odd, tail, count < 0)) {
    let end = kept.length;
    while (end > 0 && kept[end - 1] === '0') end--;
    return { ...decimal, digits: stringSlice(kept, 0, end), point: end === 0 ? 0 : point };
  }
  let last = count - 1;
  while (last >= 0 && digits[last] === '9') last--;
  if (last < 0) return { ...decimal, digits: '1', point: point - min(count, 0) + 1 };
  return { ...decimal, digits: stringSlice(digits, 0, last) + (+digits[last] + 1) };
}

// Rounds to a multiple of `increment` in the last of `places` after the point.
function roundToIncrement(decimal, places, increment, mode) {
  const { digits, point, negative } = decimal;
  if (digits === '') return decimal;
  const count = point + places;
  const whole = BigInt(count <= 0 ? '0' : padEnd(stringSlice(digits, 0, count), count, '0'));
  const tail = count < 0 ? '1' : stringSlice(digits, count), step = BigInt(increment);
  const lower = whole / step, rest = whole % step;
  const half = step / 2n, even = step % 2n === 0n;
  let cutOff = ''; // as if it were the digits behind the last one
  if (rest !== 0n || tail !== '') {
    const above = even ? rest > half || (rest === half && tail !== '')
      : rest > half || (rest === half && (tail[0] > '5' || (tail[0] === '5' && tail.length > 1)));
    const equal = even ? rest === half && tail === '' : rest === half && tail === '5';
    cutOff = above ? '6' : equal ? '5' : '1';
  }
  const up = roundsUp(mode, negative, lower % 2n === 1n, cutOff, false);
  const rounded = decimalOf(bigintToString((lower + (up ? 1n : 0n)) * step));
  return { ...decimal, digits: rounded.digits, point: rounded.digits === '' ? 0 : rounded.point - places };
}

// Plain digits, at least so many before and after the point.
function writeDecimal(decimal, integers, fractions) {
  const { digits, point } = decimal;
  const whole = point <= 0 ? '0' : padEnd(stringSlice(digits, 0, point), point, '0');
  const rest = point < 0 ? repeat('0', -point) + digits : stringSlice(digits, point);
  const fraction = padEnd(rest, fractions, '0');
  return padStart(whole, integers, '0') + (fraction === '' ? '' : '.' + fraction);
}
