// Hosts of URLs: names, IPv4 and IPv6 addresses. null for one that is not valid.
//
// from 10-primordials: *
// from 30-text: split
// from 70-percent: CONTROLS percentDecode percentEncode
// from 70-punycode: domainToASCII
// gives: DIGITS parseHost

const FORBIDDEN = /[\x00\t\n\r #/:<>?@[\\\]^|]/;
const FORBIDDEN_DOMAIN = /[\x00-\x20"#%/:<>?@[\\\]^`{|}\x7f]/;
const DIGITS = /^[0-9]+$/;
const OCTAL = /^0[0-7]+$/;
const HEXADECIMAL = /^0[xX][0-9a-fA-F]*$/;
const IPV6_PIECE = /^[0-9a-fA-F]{1,4}$/;
const IPV4_PIECE = /^(?:0|[1-9][0-9]{0,2})$/;

function parseHost(text, special) {
  if (startsWith(text, '[')) {
    return endsWith(text, ']') ? parseIPv6(stringSlice(text, 1, -1)) : null;
  }
  if (!special) return regexpExec(FORBIDDEN, text) === null ? percentEncode(text, CONTROLS) : null;
  const decoded = percentDecode(text);
  const domain = domainToASCII(decoded);
  if (domain === null || domain === '' || regexpExec(FORBIDDEN_DOMAIN, domain) !== null) return null;
  return endsInNumber(domain) ? parseIPv4(domain) : domain;
}

function labelsOf(domain) {
  const labels = split(domain, '.');
  if (labels.length > 1 && labels[labels.length - 1] === '') labels.length--;
  return labels;
}

function endsInNumber(domain) {
  const labels = labelsOf(domain), last = labels[labels.length - 1];
  return regexpExec(DIGITS, last) !== null || regexpExec(HEXADECIMAL, last) !== null;
}

function ipv4Number(text) {
  if (text === '') return NaN;
  if (regexpExec(HEXADECIMAL, text) !== null) return parseInt('0' + stringSlice(text, 2), 16);
  if (text.length > 1 && text[0] === '0') return regexpExec(OCTAL, text) !== null ? parseInt(text, 8) : NaN;
  return regexpExec(DIGITS, text) !== null ? parseInt(text, 10) : NaN;
}

function parseIPv4(domain) {
  const labels = labelsOf(domain);
  if (labels.length > 4) return null;
  let address = 0;
  for (let i = 0; i < labels.length; i++) {
    const number = ipv4Number(labels[i]), last = i === labels.length - 1;
    if (!(number < (last ? 256 ** (5 - labels.length) : 256))) return null;
    address += last ? number : number * 256 ** (3 - i);
  }
  return floor(address / 16777216) + '.' + floor(address / 65536) % 256 + '.'
    + floor(address / 256) % 256 + '.' + address % 256;
}

// Sixteen-bit pieces of `text` without `::`; null when it is not valid.
function ipv6Pieces(text, atEnd) {
  const pieces = list();
  if (text === '') return pieces;
  const parts = split(text, ':');
  for (let i = 0; i < parts.length; i++) {
    if (atEnd && i === parts.length - 1 && includes(parts[i], '.')) {
      const bytes = split(parts[i], '.');
      if (bytes.length !== 4) return null;
      for (let j = 0; j < 4; j++) {
        if (regexpExec(IPV4_PIECE, bytes[j]) === null || +bytes[j] > 255) return null;
      }
      push(pieces, bytes[0] * 256 + +bytes[1]);
      push(pieces, bytes[2] * 256 + +bytes[3]);
    } else if (regexpExec(IPV6_PIECE, parts[i]) !== null) {
      push(pieces, parseInt(parts[i], 16));
    } else {
      return null;
    }
  }
  return pieces;
}

function parseIPv6(text) {
  const gap = indexOf(text, '::');
  const head = ipv6Pieces(gap < 0 ? text : stringSlice(text, 0, gap), gap < 0);
  const tail = gap < 0 ? list() : ipv6Pieces(stringSlice(text, gap + 2), true);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (gap < 0 ? missing !== 0 : missing < 1) return null;
  const pieces = head;
  for (let i = 0; i < missing; i++) push(pieces, 0);
  for (let i = 0; i < tail.length; i++) push(pieces, tail[i]);
  return '[' + serializeIPv6(pieces) + ']';
}

// The first longest run of at least two zeros is left out.
function serializeIPv6(pieces) {
  let from = -1, length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && pieces[end] === 0) end++;
    if (end - i > length) { from = i; length = end - i; }
    if (end > i) i = end;
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === from) {
      text += i === 0 ? '::' : ':';
      i += length - 1;
      continue;
    }
    text += numberToString(pieces[i], 16) + (i < 7 ? ':' : '');
  }
  return text;
}
