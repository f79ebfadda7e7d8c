// The class URL.
//
// from 10-primordials: *
// from 30-text: quote replaceAll
// from 34-error-text: cut
// from 35-shapes: propertyView views
// from 70-percent: IN_FRAGMENT IN_USERINFO percentEncode
// from 72-url-parse: DEFAULT_PORTS SCHEME copyList hostText isSlash isSpecial originOf parsePath
//   parseURL pathText queryOf serializeURL setHostAndPort setPort
// from 73-url-params: URLSearchParams attach paramsText parseForm setParams
// gives: urlText

let recordOf; // the private side

// The text of a URL or of URLSearchParams, which is what leaves the script of them.
function urlText(value) {
  const url = recordOf(value);
  return url === undefined ? paramsText(value) : serializeURL(url);
}

const parseOrThrow = (text, base) => {
  const from = base === undefined ? null : parseURL('' + base, null);
  const url = base !== undefined && from === null ? null : parseURL('' + text, from);
  if (url !== null) return url;
  const where = base === undefined ? '' : ' with base ' + cut(quote('' + base));
  const error = new TypeError('Invalid URL: ' + cut(quote('' + text)) + where);
  define(error, 'code', 'ERR_INVALID_URL');
  define(error, 'input', '' + text);
  throw error;
};

const canHaveCredentials = (url) => url.host !== null && url.host !== '' && url.scheme !== 'file';
const untilDelimiter = (url, text) => {
  let end = 0;
  while (end < text.length && !isSlash(url, text[end]) && text[end] !== '?' && text[end] !== '#') end++;
  return stringSlice(text, 0, end);
};

// A file has no port, and a URL with port or user needs a host.
const mayBecomeHost = (url, text) => url.scheme === 'file' ? !includes(text, ':') || startsWith(text, '[')
  : text !== '' || (url.port === null && url.username === '' && url.password === '');

// A setter changes a copy; a value that is not valid changes nothing.
const copyRecord = (url) =>
  ({ ...url, path: typeof url.path === 'string' ? url.path : copyList(url.path) });

class URL {
  #url; #params = new URLSearchParams();
  static { recordOf = (value) => (isObject(value) && #url in value ? value.#url : undefined); }
  constructor(url, base = undefined) {
    if (arguments.length === 0) throw new TypeError('URL needs a text');
    this.#url = parseOrThrow(url, base);
    attach(this.#params, (text) => { this.#url.query = text === '' ? null : text; });
    this.#sync();
  }
  #sync() { setParams(this.#params, parseForm(this.#url.query ?? '')); }

  static canParse(url, base = undefined) { return attempt(parseOrThrow, '' + url, base) !== undefined; }
  static parse(url, base = undefined) { return URL.canParse(url, base) ? new URL(url, base) : null; }
  toString() { return serializeURL(this.#url); }
  toJSON() { return serializeURL(this.#url); }

  get href() { return serializeURL(this.#url); }
  set href(value) {
    this.#url = parseOrThrow(value, undefined);
    this.#sync();
  }
  get origin() { return originOf(this.#url); }
  get protocol() { return this.#url.scheme + ':'; }
  set protocol(value) {
    const match = regexpExec(SCHEME, '' + value + ':');
    if (match === null) return;
    const url = this.#url, scheme = toLowerCase(match[1]);
    if (isSpecial(scheme) !== isSpecial(url.scheme)) return;
    if (scheme === 'file' && (url.username !== '' || url.password !== '' || url.port !== null)) return;
    if (url.scheme === 'file' && url.host === '') return;
    url.scheme = scheme;
    if (url.port === DEFAULT_PORTS[scheme]) url.port = null;
  }
  get username() { return this.#url.username; }
  set username(value) {
    if (canHaveCredentials(this.#url)) this.#url.username = percentEncode('' + value, IN_USERINFO);
  }
  get password() { return this.#url.password; }
  set password(value) {
    if (canHaveCredentials(this.#url)) this.#url.password = percentEncode('' + value, IN_USERINFO);
  }
  get host() { return hostText(this.#url); }
  set host(value) {
    const copy = copyRecord(this.#url), text = untilDelimiter(copy, '' + value);
    if (typeof copy.path === 'string' || !mayBecomeHost(copy, text)) return;
    if (setHostAndPort(copy, text)) this.#url = copy;
  }
  get hostname() { return this.#url.host ?? ''; }
  set hostname(value) {
    const copy = copyRecord(this.#url), { port } = copy, name = untilDelimiter(copy, '' + value);
    if (typeof copy.path === 'string' || (includes(name, ':') && !startsWith(name, '['))) return;
    if (!mayBecomeHost(copy, name) || !setHostAndPort(copy, name)) return;
    copy.port = port;
    this.#url = copy;
  }
  get port() { return this.#url.port === null ? '' : '' + this.#url.port; }
  set port(value) {
    if (!canHaveCredentials(this.#url)) return;
    const text = '' + value;
    let end = 0;
    while (end < text.length && text[end] >= '0' && text[end] <= '9') end++;
    if (text === '' || end > 0) setPort(this.#url, stringSlice(text, 0, end));
  }
  get pathname() { return pathText(this.#url); }
  set pathname(value) {
    if (typeof this.#url.path === 'string') return;
    this.#url.path = list();
    const text = replaceAll(replaceAll('' + value, '?', '%3F'), '#', '%23');
    if (text === '' && this.#url.host === null) push(this.#url.path, '');
    else parsePath(this.#url, text);
  }
  get search() { return this.#url.query ? '?' + this.#url.query : ''; }
  set search(value) {
    const text = toWellFormed('' + value);
    const query = startsWith(text, '?') ? stringSlice(text, 1) : text;
    this.#url.query = text === '' ? null : queryOf(this.#url, query);
    this.#sync();
  }
  get searchParams() { return this.#params; }
  get hash() { return this.#url.fragment ? '#' + this.#url.fragment : ''; }
  set hash(value) {
    const text = toWellFormed('' + value);
    this.#url.fragment = text === '' ? null
      : percentEncode(startsWith(text, '#') ? stringSlice(text, 1) : text, IN_FRAGMENT);
  }
}
tagged(URL, 'URL');

const searchParamsOf = getter(URL.prototype, 'searchParams');
push(views, propertyView((object) => recordOf(object) !== undefined, 'URL', (object) => {
  const url = recordOf(object);
  return {
    href: serializeURL(url), origin: originOf(url), protocol: url.scheme + ':',
    username: url.username, password: url.password, host: hostText(url), hostname: url.host ?? '',
    port: url.port === null ? '' : '' + url.port, pathname: pathText(url),
    search: url.query ? '?' + url.query : '', searchParams: searchParamsOf(object),
    hash: url.fragment ? '#' + url.fragment : '',
  };
}));
