// performance and crypto: time and randomness are what the host says.
//
// from 10-primordials: *
// from 30-text: hex
// from 34-error-text: exception
// from C: host
// gives: resetClock sinceStart

let clockStart; // when the running script asked first

const resetClock = () => { clockStart = undefined; };
const sinceStart = () => {
  host.toClear();
  return host.now() - (clockStart ??= host.now());
};

const performance = {};
defineAll(performance, { now() { return sinceStart(); } });
defineProperty(performance, 'timeOrigin', {
  __proto__: null, configurable: true, enumerable: false,
  get: ownDescriptor({ get timeOrigin() { sinceStart(); return clockStart; } }, 'timeOrigin').get,
});
defineHidden(performance, Symbol.toStringTag, 'Performance');
define(globalThis, 'performance', performance);

const MAX_RANDOM = 65536;
const INTEGERS = {
  __proto__: null, Int8Array: 1, Uint8Array: 1, Uint8ClampedArray: 1, Int16Array: 1,
  Uint16Array: 1, Int32Array: 1, Uint32Array: 1, BigInt64Array: 1, BigUint64Array: 1,
};

const crypto = define(globalThis, 'crypto', defineAll({}, {
  getRandomValues(array) {
    if (!isObject(array) || host.isProxy(array) || !INTEGERS[host.classOf(array)]) {
      throw exception('getRandomValues needs an integer typed array', 'TypeMismatchError');
    }
    if (typedByteLength(array) > MAX_RANDOM) {
      throw exception('getRandomValues fills at most 65536 bytes at a time', 'QuotaExceededError');
    }
    return host.randomFill(array);
  },
  randomUUID() {
    const bytes = host.randomFill(new Uint8Array(16)), parts = list();
    bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4
    bytes[8] = (bytes[8] & 0x3f) | 0x80; // variant of RFC 9562
    for (let i = 0; i < 16; i++) {
      push(parts, hex(bytes[i], 2));
      if (i === 3 || i === 5 || i === 7 || i === 9) push(parts, '-');
    }
    return arrayJoin(parts, '');
  },
}));
defineHidden(crypto, Symbol.toStringTag, 'Crypto');
