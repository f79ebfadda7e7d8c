// International host names: UTS 46 without its tables. What they map is what normalisation and small
// letters make of it; what they refuse is told by general categories. ß, ς and joiners stay as they are.
//
// from 10-primordials: *
// from 30-text: split
// gives: domainToASCII

const MAX_INTERNATIONAL = 2000; // characters of a name: the encoding takes time as their square
const IGNORED = /^[\xad\u034f\u180b-\u180d\u180f\u200b\u2060\u2064\ufe00-\ufe0f\ufeff]$/;
const REFUSED = /[\p{Cn}\p{Cc}\p{Cs}\p{Co}\p{Z}\u061c\u06dd\u070f\u08e2\u200e\u200f\u202a-\u202e\u2061-\u2063\u2065-\u206f\ufff9-\ufffd\u2ff0-\u2fff]/u;
const MARK_AT_BEGIN = /^\p{M}/u;
const JOINER = /[\u200c\u200d]/;
// A joiner stands behind a virama. (Between Arabic letters it would be right too: here it is refused.)
const JOINED = /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u0e3a\u0eba\u0f84\u1039\u1714\u17d2\u1a60\u1b44\u1baa\ua806\ua8c4\ua953\ua9c0\uabed][\u200c\u200d]/g;
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const RIGHT_LABEL = /^(?=\p{L})[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{N}\p{P}\p{S}\p{M}]*$/u;
const RIGHT_END = /[\p{L}\p{N}]\p{M}*$/u;
const LETTER_AT_BEGIN = /^\p{L}/u;
const BASE = 36, FIRST_BIAS = 72, FIRST_CODE = 128, DAMP = 700, SKEW = 38, LAST_CODE = 0x10ffff;

// Small letters one by one: a sigma at the end of a word is one like any other.
function mapped(text) {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const character = fromCodePoint(codePointAt(text, i));
    i += character.length - 1;
    if (regexpExec(IGNORED, character) === null) out += toLowerCase(character);
  }
  const composed = normalize(out, 'NFKC');
  let small = '';
  for (let i = 0; i < composed.length; i++) {
    const unit = composed[i];
    small += unit === '\u3002' ? '.' : unit >= '\ud800' && unit <= '\udfff' ? unit : toLowerCase(unit);
  }
  return normalize(small, 'NFC');
}

// RFC 3492. What it gives is ASCII without the prefix.
function adaptBias(delta, points, isFirst) {
  let rest = isFirst ? floor(delta / DAMP) : floor(delta / 2), k = 0;
  rest += floor(rest / points);
  for (; rest > 455; k += BASE) rest = floor(rest / 35);
  return k + floor(36 * rest / (rest + SKEW));
}
const thresholdAt = (k, bias) => (k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias);

function punycode(label) {
  const codes = list();
  let out = '';
  for (let i = 0; i < label.length; i++) {
    const code = codePointAt(label, i);
    push(codes, code);
    if (code > 0xffff) i++;
    if (code < 0x80) out += fromCharCode(code);
  }
  const basic = out.length;
  if (basic > 0) out += '-';
  for (let n = FIRST_CODE, delta = 0, bias = FIRST_BIAS, done = basic; done < codes.length; delta++, n++) {
    let next = LAST_CODE + 1;
    for (let i = 0; i < codes.length; i++) if (codes[i] >= n && codes[i] < next) next = codes[i];
    delta += (next - n) * (done + 1);
    n = next;
    for (let i = 0; i < codes.length; i++) {
      if (codes[i] < n) delta++;
      if (codes[i] !== n) continue;
      let q = delta;
      for (let k = BASE; ; k += BASE) {
        const t = thresholdAt(k, bias);
        if (q < t) break;
        out += numberInBase(t + (q - t) % (BASE - t));
        q = floor((q - t) / (BASE - t));
      }
      out += numberInBase(q);
      bias = adaptBias(delta, done + 1, done === basic);
      delta = 0;
      done++;
    }
  }
  return out;
}
const PUNYCODE_DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const numberInBase = (digit) => PUNYCODE_DIGITS[digit];

// null for what is no Punycode.
function fromPunycode(text) {
  const mark = lastIndexOf(text, '-'), codes = list();
  for (let i = 0; i < mark; i++) push(codes, charCodeAt(text, i));
  let n = FIRST_CODE, i = 0, bias = FIRST_BIAS;
  for (let at = mark < 0 ? 0 : mark + 1; at < text.length;) {
    const before = i;
    for (let w = 1, k = BASE; ; k += BASE) {
      const digit = at < text.length ? indexOf(PUNYCODE_DIGITS, text[at++]) : -1;
      if (digit < 0) return null;
      i += digit * w;
      const t = thresholdAt(k, bias);
      if (digit < t) break;
      w *= BASE - t;
      if (i > 0x7fffffff || w > 0x7fffffff) return null;
    }
    const count = codes.length + 1;
    bias = adaptBias(i - before, count, before === 0);
    n += floor(i / count);
    i %= count;
    if (n > LAST_CODE || count > MAX_INTERNATIONAL) return null;
    for (let j = codes.length; j > i; j--) codes[j] = codes[j - 1];
    codes[i++] = n;
  }
  let out = '';
  for (let j = 0; j < codes.length; j++) out += fromCodePoint(codes[j]);
  return out;
}

const isValidLabel = (label) => regexpExec(MARK_AT_BEGIN, label) === null && regexpExec(REFUSED, label) === null
  && (regexpExec(JOINER, label) === null || regexpExec(JOINER, withoutJoined(label)) === null);
function withoutJoined(label) {
  let out = '', from = 0;
  JOINED.lastIndex = 0;
  for (let match; (match = regexpExec(JOINED, label)) !== null; from = JOINED.lastIndex) {
    out += stringSlice(label, from, match.index);
  }
  return out + stringSlice(label, from);
}

// In a name with letters from right to left, each label has one direction, and begins with a letter.
function hasDirections(labels) {
  let any = false;
  for (let i = 0; i < labels.length; i++) any ||= regexpExec(RIGHT_TO_LEFT, labels[i]) !== null;
  if (!any) return true;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === '') continue;
    const good = regexpExec(RIGHT_TO_LEFT, labels[i]) === null ? regexpExec(LETTER_AT_BEGIN, labels[i]) !== null
      : regexpExec(RIGHT_LABEL, labels[i]) !== null && regexpExec(RIGHT_END, labels[i]) !== null;
    if (!good) return false;
  }
  return true;
}

// The ASCII form of a name; null when it has none.
function domainToASCII(text) {
  const isASCII = regexpExec(/[^\x00-\x7f]/, text) === null;
  if (isASCII && regexpExec(/xn--/i, text) === null) return toLowerCase(text);
  if (text.length > MAX_INTERNATIONAL) return null;
  const labels = split(isASCII ? toLowerCase(text) : mapped(text), '.'), shown = list();
  for (let i = 0; i < labels.length; i++) {
    let label = labels[i];
    const isPlain = regexpExec(/[^\x00-\x7f]/, label) === null;
    if (startsWith(label, 'xn--')) {
      label = isPlain ? fromPunycode(stringSlice(label, 4)) : null;
      if (label === null || regexpExec(/[^\x00-\x7f]/, label) === null || mapped(label) !== label) return null;
      if (!isValidLabel(label)) return null;
    } else if (!isPlain) {
      if (!isValidLabel(label)) return null;
      labels[i] = 'xn--' + punycode(label);
    }
    push(shown, label);
  }
  return hasDirections(shown) ? arrayJoin(labels, '.') : null;
}
