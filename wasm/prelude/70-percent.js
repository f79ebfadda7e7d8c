// Percent-encoding: which characters each part of a URL may not contain as they are.
//
// from 10-primordials: *
// from 30-text: hex
// from 63-encoding: encodeUtf8 typedSubarrayOf
// from C: host
// gives: CONTROLS IN_FORM IN_FRAGMENT IN_PATH IN_QUERY IN_SPECIAL_QUERY IN_USERINFO percentDecode
//   percentEncode

const CONTROLS = /[^\x20-\x7e]/;
const IN_FRAGMENT = /[^\x20-\x7e]|[ "<>`]/;
const IN_QUERY = /[^\x20-\x7e]|[ "#<>]/;
const IN_SPECIAL_QUERY = /[^\x20-\x7e]|[ "#<>']/;
const IN_PATH = /[^\x20-\x7e]|[ "#<>?`{}]/;
const IN_USERINFO = /[^\x20-\x7e]|[ "#<>?`{}/:;=@[\\\]^|]/;
const IN_FORM = /[^a-zA-Z0-9*._-]/;
const HEX_PAIR = /^[0-9a-fA-F]{2}$/;

const percent = (code) => '%' + toUpperCase(hex(code, 2));

// Encodes the characters of `text` that match `unsafe`.
function percentEncode(text, unsafe) {
  if (regexpExec(unsafe, text) === null) return text;
  const parts = list(), clean = toWellFormed(text);
  for (let i = 0; i < clean.length; i++) {
    const code = codePointAt(clean, i);
    if (code > 0xffff) i++;
    const character = fromCodePoint(code);
    if (code > 0x7f) push(parts, encodeURIComponent(character));
    else push(parts, regexpExec(unsafe, character) === null ? character : percent(code));
  }
  return arrayJoin(parts, '');
}

// Bytes that are no UTF-8 become U+FFFD.
function percentDecode(text) {
  if (!includes(text, '%')) return toWellFormed(text);
  const from = encodeUtf8(text), bytes = new Uint8Array(typedLength(from));
  let size = 0;
  for (let i = 0; i < typedLength(from); i++) {
    let byte = from[i];
    if (byte === 0x25 && i + 2 < typedLength(from)) {
      const digits = fromCharCode(from[i + 1], from[i + 2]);
      if (regexpExec(HEX_PAIR, digits) !== null) {
        byte = parseInt(digits, 16);
        i += 2;
      }
    }
    bytes[size++] = byte;
  }
  return host.utf8Decode(typedSubarrayOf(bytes, size), false);
}
