// URLSearchParams: a list of pairs, and the query of a URL when it belongs to one.
//
// from 10-primordials: *
// from 30-text: quote replaceAll split
// from 35-shapes: container views
// from 64-events: collect
// from 70-percent: IN_FORM percentDecode percentEncode
// from 72-url-parse: copyList
// gives: URLSearchParams attach paramsText parseForm setParams

const formText = (text) => replaceAll(percentEncode(text, IN_FORM), '%20', '+');
const formDecode = (text) => percentDecode(replaceAll(text, '+', ' '));

function parseForm(text) {
  const pairs = list(), parts = split(text, '&');
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] === '') continue;
    const equals = indexOf(parts[i], '=');
    const name = equals < 0 ? parts[i] : stringSlice(parts[i], 0, equals);
    const value = equals < 0 ? '' : stringSlice(parts[i], equals + 1);
    push(pairs, { name: formDecode(name), value: formDecode(value) });
  }
  return pairs;
}

function serializeForm(pairs) {
  const parts = list();
  for (let i = 0; i < pairs.length; i++) push(parts, formText(pairs[i].name) + '=' + formText(pairs[i].value));
  return arrayJoin(parts, '&');
}

const wellFormed = (value) => toWellFormed('' + value);
let paramsOf, setParams, attach; // the private side

function paramsText(value) {
  const pairs = paramsOf(value);
  return pairs && serializeForm(pairs);
}

class URLSearchParams {
  #pairs = list(); #changed = null;
  static {
    paramsOf = (value) => (isObject(value) && #pairs in value ? value.#pairs : undefined);
    setParams = (params, pairs) => { params.#pairs = pairs; };
    attach = (params, changed) => { params.#changed = changed; };
  }
  constructor(init = '') {
    if (paramsOf(init)) {
      this.#pairs = copyList(paramsOf(init));
    } else if (!isObject(init)) {
      const text = wellFormed(init);
      this.#pairs = parseForm(startsWith(text, '?') ? stringSlice(text, 1) : text);
    } else if (init[Symbol.iterator] !== undefined) {
      const items = collect(init);
      for (let i = 0; i < items.length; i++) {
        const pair = collect(items[i]);
        if (pair.length !== 2) throw new TypeError('Each query pair must be an iterable [name, value] tuple');
        push(this.#pairs, { name: wellFormed(pair[0]), value: wellFormed(pair[1]) });
      }
    } else {
      const keys = ownKeys(init);
      for (let i = 0; i < keys.length; i++) {
        if (typeof keys[i] !== 'string' || !ownDescriptor(init, keys[i])?.enumerable) continue;
        push(this.#pairs, { name: wellFormed(keys[i]), value: wellFormed(init[keys[i]]) });
      }
    }
  }
  get size() { return this.#pairs.length; }
  append(name, value) {
    push(this.#pairs, { name: wellFormed(name), value: wellFormed(value) });
    this.#update();
  }
  delete(name, value = undefined) {
    const wanted = wellFormed(name), only = value === undefined ? undefined : wellFormed(value);
    this.#keep((pair) => pair.name !== wanted || (only !== undefined && pair.value !== only));
    this.#update();
  }
  get(name) {
    const found = this.#find(wellFormed(name));
    return found ? found.value : null;
  }
  getAll(name) {
    const values = list(), wanted = wellFormed(name);
    for (let i = 0; i < this.#pairs.length; i++) {
      if (this.#pairs[i].name === wanted) push(values, this.#pairs[i].value);
    }
    return toArray(values);
  }
  has(name, value = undefined) {
    const wanted = wellFormed(name);
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs[i];
      if (pair.name === wanted && (value === undefined || pair.value === wellFormed(value))) return true;
    }
    return false;
  }
  set(name, value) {
    const wanted = wellFormed(name), text = wellFormed(value), first = this.#find(wanted);
    if (first) {
      first.value = text;
      this.#keep((pair) => pair === first || pair.name !== wanted);
    } else {
      push(this.#pairs, { name: wanted, value: text });
    }
    this.#update();
  }
  sort() {
    const pairs = toArray(this.#pairs);
    arraySort(pairs, (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    this.#pairs = setPrototypeOf(pairs, null);
    this.#update();
  }
  forEach(callback, thisArg = undefined) {
    if (typeof callback !== 'function') throw new TypeError('forEach needs a function');
    for (let i = 0; i < this.#pairs.length; i++) {
      apply(callback, thisArg, [this.#pairs[i].value, this.#pairs[i].name, this]);
    }
  }
  entries() {
    return this.#iterate((pair) => {
      const entry = list();
      push(entry, pair.name);
      push(entry, pair.value);
      return toArray(entry);
    });
  }
  keys() { return this.#iterate((pair) => pair.name); }
  values() { return this.#iterate((pair) => pair.value); }
  toString() { return serializeForm(this.#pairs); }

  #find(name) {
    for (let i = 0; i < this.#pairs.length; i++) {
      if (this.#pairs[i].name === name) return this.#pairs[i];
    }
    return undefined;
  }
  #keep(wanted) {
    const kept = list();
    for (let i = 0; i < this.#pairs.length; i++) if (wanted(this.#pairs[i])) push(kept, this.#pairs[i]);
    this.#pairs = kept;
  }
  #update() { this.#changed?.(serializeForm(this.#pairs)); }
  #iterate(read) {
    const items = list();
    for (let i = 0; i < this.#pairs.length; i++) push(items, read(this.#pairs[i]));
    return arrayValues(toArray(items));
  }
}
define(URLSearchParams.prototype, Symbol.iterator, URLSearchParams.prototype.entries);
tagged(URLSearchParams, 'URLSearchParams');
push(views, (object) => {
  const pairs = paramsOf(object);
  return pairs && ((_, names) => {
    const shape = container(object, names, 'URLSearchParams');
    if (pairs.length === 0) return shape.open + '}';
    shape.keys = list();
    shape.entries = (state, __, level, output) => {
      for (let i = 0; i < pairs.length; i++) {
        push(output, quote(pairs[i].name) + ' => ' + quote(pairs[i].value));
      }
    };
    return shape;
  });
});
