// TextEncoder and TextDecoder. The bytes of UTF-8 are made and read in C.
//
// from 10-primordials: *
// from 32-names: TYPED
// from 34-error-text: cut
// from 36-inspect: inspect
// from 50-format: SHALLOW
// from C: host
// gives: encodeUtf8 typedSubarrayOf

const bytesOf = (source) => {
  if (isObject(source) && !host.isProxy(source)) {
    const kind = host.classOf(source);
    if (kind === 'ArrayBuffer') return new Uint8Array(source);
    if (TYPED[kind]) {
      return new Uint8Array(typedBuffer(source), typedByteOffset(source), typedByteLength(source));
    }
    if (kind === 'DataView') {
      return new Uint8Array(viewBuffer(source), viewByteOffset(source), viewByteLength(source));
    }
  }
  throw new TypeError('The input must be an ArrayBuffer or a view on one, not ' + cut(inspect(source, SHALLOW)));
};

const encodeUtf8 = (text) => host.utf8Encode(toWellFormed(text));

class TextEncoder {
  get encoding() { return 'utf-8'; }
  encode(input = '') { return encodeUtf8('' + input); }
  encodeInto(source, destination) {
    const text = toWellFormed('' + source), room = typedLength(destination);
    let read = 0, written = 0;
    while (read < text.length) {
      const character = fromCodePoint(codePointAt(text, read));
      const bytes = encodeUtf8(character);
      if (written + typedLength(bytes) > room) break;
      typedFill(destination, bytes, written);
      written += typedLength(bytes);
      read += character.length;
    }
    return { read, written };
  }
}

const ENCODINGS = { __proto__: null };
for (const [name, labels] of [
  ['utf-8', ['utf-8', 'utf8', 'unicode-1-1-utf-8']],
  ['utf-16le', ['utf-16le', 'utf-16', 'ucs-2', 'unicode', 'iso-10646-ucs-2', 'csunicode']],
  ['windows-1252', ['windows-1252', 'latin1', 'iso-8859-1', 'iso8859-1', 'ascii', 'us-ascii', 'l1',
    'cp1252', 'x-cp1252']],
]) for (const label of labels) ENCODINGS[label] = name;

// What windows-1252 has at 0x80 to 0x9f.
const WINDOWS = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
const CHUNK = 4096;

// How many bytes at the end are the beginning of a character that is not complete yet.
function incompleteTail(bytes) {
  const length = typedLength(bytes);
  for (let back = 1; back <= 3 && back <= length; back++) {
    const lead = bytes[length - back];
    if (lead < 0x80) return 0;
    if (lead < 0xc0) continue;
    const needs = lead < 0xc2 || lead > 0xf4 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (needs <= back) return 0;
    if (back === 1) return 1;
    const second = bytes[length - back + 1];
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high ? back : 0;
  }
  return 0;
}

function fromUnits(unitAt, count) {
  const parts = list();
  for (let i = 0; i < count; i += CHUNK) {
    const units = list();
    for (let j = i; j < min(i + CHUNK, count); j++) push(units, unitAt(j));
    push(parts, apply(fromCharCode, undefined, units));
  }
  return arrayJoin(parts, '');
}

const malformed = (encoding) => {
  throw new TypeError('The encoded data was not valid for encoding ' + encoding);
};

class TextDecoder {
  #encoding; #fatal; #ignoreBOM; #rest = new Uint8Array(0); #begun = false;
  constructor(label = 'utf-8', options = undefined) {
    const encoding = ENCODINGS[toLowerCase(trimSpaces('' + label))];
    if (!encoding) {
      throw new RangeError('The encoding "' + cut('' + label) + '" is not supported: use utf-8, utf-16le or latin1');
    }
    this.#encoding = encoding;
    this.#fatal = !!option(options, 'fatal');
    this.#ignoreBOM = !!option(options, 'ignoreBOM');
  }
  get encoding() { return this.#encoding; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }

  decode(input = undefined, options = undefined) {
    const stream = !!option(options, 'stream');
    const fresh = input === undefined ? new Uint8Array(0) : bytesOf(input);
    let bytes = fresh;
    if (typedLength(this.#rest)) {
      bytes = new Uint8Array(typedLength(this.#rest) + typedLength(fresh));
      typedFill(bytes, this.#rest);
      typedFill(bytes, fresh, typedLength(this.#rest));
    }
    const tail = stream ? this.#tail(bytes) : 0;
    const end = typedLength(bytes) - tail;
    const at = typedByteOffset(bytes) + end;
    this.#rest = copyBytes(typedBuffer(bytes), at, at + tail);
    let text;
    try {
      text = this.#read(bytes, end);
    } catch (error) {
      this.#rest = new Uint8Array(0);
      this.#begun = false;
      throw error;
    }
    if (!this.#begun && !this.#ignoreBOM && text[0] === '\ufeff') text = stringSlice(text, 1);
    this.#begun = stream && (this.#begun || end > 0);
    return text;
  }

  #tail(bytes) {
    if (this.#encoding === 'utf-8') return incompleteTail(bytes);
    if (this.#encoding !== 'utf-16le') return 0;
    const odd = typedLength(bytes) % 2, last = typedLength(bytes) - odd - 1;
    return last > 0 && bytes[last] >= 0xd8 && bytes[last] <= 0xdb ? odd + 2 : odd;
  }

  #read(bytes, end) {
    if (this.#encoding === 'utf-8') {
      const text = host.utf8Decode(typedSubarrayOf(bytes, end), this.#fatal);
      return text === undefined ? malformed('utf-8') : text;
    }
    if (this.#encoding === 'windows-1252') {
      return fromUnits((i) => {
        const byte = bytes[i];
        return byte >= 0x80 && byte < 0xa0 ? charCodeAt(WINDOWS, byte - 0x80) : byte;
      }, end);
    }
    let text = fromUnits((i) => bytes[2 * i] | (bytes[2 * i + 1] << 8), trunc(end / 2));
    if (end % 2) text += '\ufffd';
    const clean = toWellFormed(text);
    return this.#fatal && (clean !== text || end % 2) ? malformed('utf-16le') : clean;
  }
}

const typedSubarrayOf = (bytes, end) => new Uint8Array(typedBuffer(bytes), typedByteOffset(bytes), end);
const SPACES = /^[\t\n\f\r ]*([^]*?)[\t\n\f\r ]*$/;
const trimSpaces = (text) => regexpExec(SPACES, text)[1];

tagged(TextEncoder, 'TextEncoder');
tagged(TextDecoder, 'TextDecoder');
