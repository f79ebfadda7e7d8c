// Options of numbers: what Intl.NumberFormat resolves.
//
// from 10-primordials: *
// from 30-text: quote replaceAll
// from 80-locales: brief coercedOptions digitsOption localeMatcher onlyOption outOfRange
//   resolveLocale textOption
// from C: host
// gives: resolveNumberFormat setDigitOptions

const INCREMENTS = ' 1 2 5 10 20 25 50 100 200 250 500 1000 2000 2500 5000 ';
const MODES = 'ceil floor expand trunc halfCeil halfFloor halfExpand halfTrunc halfEven';
const CURRENCY_CODE = /^[A-Za-z]{3}$/;
const UNIT_NAME = /^[a-z]+(?:-[a-z]+)*$/;

// The options about digits, as in SetNumberFormatDigitOptions of ECMA-402.
function setDigitOptions(plan, options, usualLeast, usualMost, compact) {
  plan.minimumIntegerDigits = digitsOption(options.minimumIntegerDigits, 'minimumIntegerDigits', 1, 21, 1);
  let leastFraction = options.minimumFractionDigits, mostFraction = options.maximumFractionDigits;
  const leastGiven = options.minimumSignificantDigits, mostGiven = options.maximumSignificantDigits;
  const increment = digitsOption(options.roundingIncrement, 'roundingIncrement', 1, 5000, 1);
  if (!includes(INCREMENTS, ' ' + increment + ' ')) throw outOfRange('roundingIncrement', increment);
  plan.roundingMode = textOption(options, 'roundingMode', MODES, 'halfExpand');
  const priority = textOption(options, 'roundingPriority', 'auto morePrecision lessPrecision', 'auto');
  plan.trailingZeroDisplay = textOption(options, 'trailingZeroDisplay', 'auto stripIfInteger', 'auto');
  if (increment !== 1) usualMost = usualLeast;
  plan.roundingIncrement = increment;
  const anySignificant = leastGiven !== undefined || mostGiven !== undefined;
  const anyFraction = leastFraction !== undefined || mostFraction !== undefined;
  const bySignificant = priority !== 'auto' || anySignificant;
  const byFraction = priority !== 'auto' || (!bySignificant && (anyFraction || !compact));
  if (bySignificant) {
    plan.minimumSignificantDigits = digitsOption(leastGiven, 'minimumSignificantDigits', 1, 21, 1);
    plan.maximumSignificantDigits = digitsOption(mostGiven, 'maximumSignificantDigits',
      plan.minimumSignificantDigits, 21, 21);
  }
  if (byFraction) {
    leastFraction = digitsOption(leastFraction, 'minimumFractionDigits', 0, 100, undefined);
    mostFraction = digitsOption(mostFraction, 'maximumFractionDigits', 0, 100, undefined);
    if (leastFraction === undefined) leastFraction = min(usualLeast, mostFraction ?? usualLeast);
    else if (mostFraction === undefined) mostFraction = max(usualMost, leastFraction);
    mostFraction ??= max(usualMost, leastFraction);
    if (leastFraction > mostFraction) throw new RangeError('maximumFractionDigits value is out of range.');
    plan.minimumFractionDigits = leastFraction;
    plan.maximumFractionDigits = mostFraction;
  }
  plan.rounding = priority !== 'auto' ? priority : bySignificant ? 'significantDigits' : 'fractionDigits';
  if (!bySignificant && !byFraction) { // compact without any wish
    plan.minimumFractionDigits = plan.maximumFractionDigits = 0;
    plan.minimumSignificantDigits = 1;
    plan.maximumSignificantDigits = 2;
    plan.rounding = 'morePrecision';
  }
  if (increment === 1) return;
  if (plan.rounding !== 'fractionDigits') throw new TypeError('roundingIncrement needs fraction digits');
  if (plan.maximumFractionDigits !== plan.minimumFractionDigits) {
    throw new RangeError('With roundingIncrement, minimumFractionDigits and maximumFractionDigits are equal');
  }
}

const isUnit = (unit) => includes(' ' + host.localeText('units') + ' ', ' ' + unit + ' ');

function checkedUnit(unit) {
  const per = indexOf(unit, '-per-');
  const known = regexpExec(UNIT_NAME, unit) !== null
    && (per < 0 ? isUnit(unit) : isUnit(stringSlice(unit, 0, per)) && isUnit(stringSlice(unit, per + 5)));
  if (known) return unit;
  throw new RangeError('Invalid unit ' + quote(brief(unit)) + '. There are '
    + replaceAll(host.localeText('units'), ' ', ', ') + ', and one -per- another.');
}

const currencyDigits = (code) => +(host.localeText('digits', code) ?? '2');

// Everything that an Intl.NumberFormat knows.
function resolveNumberFormat(locales, givenOptions) {
  const { locale, keys } = resolveLocale(locales, { __proto__: null, nu: true });
  const options = coercedOptions(givenOptions);
  localeMatcher(options);
  const plan = { __proto__: null, locale };
  plan.numberingSystem = onlyOption(options, 'numberingSystem', keys.nu, 'latn');
  plan.style = textOption(options, 'style', 'decimal percent currency unit', 'decimal');
  const currency = textOption(options, 'currency', undefined, undefined);
  if (currency !== undefined && regexpExec(CURRENCY_CODE, currency) === null) {
    throw new RangeError('Invalid currency code : ' + brief(currency));
  }
  const display = textOption(options, 'currencyDisplay', 'code symbol narrowSymbol name', 'symbol');
  const sign = textOption(options, 'currencySign', 'standard accounting', 'standard');
  const unit = textOption(options, 'unit', undefined, undefined);
  if (unit !== undefined) checkedUnit(unit);
  const unitDisplay = textOption(options, 'unitDisplay', 'short narrow long', 'short');
  if (plan.style === 'currency') {
    if (currency === undefined) throw new TypeError('Currency code is required with currency style.');
    plan.currency = toUpperCase(currency);
    plan.currencyDisplay = display;
    plan.currencySign = sign;
  }
  if (plan.style === 'unit') {
    if (unit === undefined) throw new TypeError('Unit is required with unit style.');
    plan.unit = unit;
    plan.unitDisplay = unitDisplay;
  }
  plan.notation = textOption(options, 'notation', 'standard scientific engineering compact', 'standard');
  const compact = plan.notation === 'compact';
  const money = plan.style === 'currency' && plan.notation === 'standard';
  const usual = money ? currencyDigits(plan.currency) : 0;
  setDigitOptions(plan, options, usual, money ? usual : plan.style === 'percent' ? 0 : 3, compact);
  const compactDisplay = textOption(options, 'compactDisplay', 'short long', 'short');
  if (compact) plan.compactDisplay = compactDisplay;
  plan.useGrouping = groupingOption(options.useGrouping, compact ? 'min2' : 'auto');
  plan.signDisplay = textOption(options, 'signDisplay', 'auto never always exceptZero negative', 'auto');
  plan.symbols = undefined; // read when first needed
  return plan;
}

function groupingOption(value, usual) {
  if (value === undefined) return usual;
  if (value === true) return 'always';
  if (value === false) return false;
  if (!value) return false;
  const text = '' + value;
  if (text === 'true' || text === 'false') return usual;
  if (text === 'min2' || text === 'auto' || text === 'always') return text;
  throw outOfRange('useGrouping', text);
}
