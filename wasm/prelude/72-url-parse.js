// Parsing and writing URLs, after the WHATWG standard. A record has scheme, username, password,
// host, port, path (a list, or a text when opaque), query and fragment; null where there is none.
//
// from 10-primordials: *
// from 30-text: replaceAll split
// from 70-percent: CONTROLS IN_FRAGMENT IN_PATH IN_QUERY IN_SPECIAL_QUERY IN_USERINFO percentEncode
// from 71-hosts: DIGITS parseHost
// gives: DEFAULT_PORTS SCHEME copyList hostText isSlash isSpecial originOf parsePath parseURL
//   pathText queryOf serializeURL setHostAndPort setPort

const DEFAULT_PORTS = { __proto__: null, http: 80, https: 443, ws: 80, wss: 443, ftp: 21, file: -1 };
const SCHEME = /^([a-zA-Z][a-zA-Z0-9+.-]*):([^]*)$/;
const OUTER = /^[\x00-\x20]*([^]*?)[\x00-\x20]*$/;
const DRIVE = /^[a-zA-Z][:|]$/;
const STARTS_WITH_DRIVE = /^[a-zA-Z][:|](?:[/\\]|$)/;
const ONE_DOT = /^(?:\.|%2e)$/i;
const TWO_DOTS = /^(?:\.|%2e){2}$/i;

const isSpecial = (scheme) => DEFAULT_PORTS[scheme] !== undefined;
const isSlash = (url, unit) => unit === '/' || (unit === '\\' && isSpecial(url.scheme));
const queryOf = (url, text) => percentEncode(text, isSpecial(url.scheme) ? IN_SPECIAL_QUERY : IN_QUERY);

const copyList = (items) => {
  const copy = list();
  for (let i = 0; i < items.length; i++) push(copy, items[i]);
  return copy;
};

const emptyURL = (scheme) => ({
  scheme, username: '', password: '', host: null, port: null, path: list(), query: null, fragment: null,
});

// The record, or null when `text` is no URL.
function parseURL(text, base) {
  let rest = regexpExec(OUTER, toWellFormed(text))[1];
  rest = replaceAll(replaceAll(replaceAll(rest, '\t', ''), '\n', ''), '\r', '');
  let fragment = null, query = null;
  const hash = indexOf(rest, '#');
  if (hash >= 0) {
    fragment = stringSlice(rest, hash + 1);
    rest = stringSlice(rest, 0, hash);
  }
  const mark = indexOf(rest, '?');
  if (mark >= 0) {
    query = stringSlice(rest, mark + 1);
    rest = stringSlice(rest, 0, mark);
  }
  const url = parseBody(rest, base, query !== null, fragment !== null);
  if (url === null) return null;
  if (query !== null) url.query = queryOf(url, query);
  url.fragment = fragment === null ? null : percentEncode(fragment, IN_FRAGMENT);
  return url;
}

function parseBody(text, base, hasQuery, hasFragment) {
  const match = regexpExec(SCHEME, text);
  if (match === null) {
    if (base === null) return null;
    if (typeof base.path === 'string') {
      if (text !== '' || hasQuery || !hasFragment) return null;
      return { ...base };
    }
    const url = emptyURL(base.scheme);
    return base.scheme === 'file'
      ? parseFile(url, text, base, hasQuery) : parseRelative(url, text, base, hasQuery);
  }
  const rest = match[2];
  const url = emptyURL(toLowerCase(match[1]));
  if (url.scheme === 'file') {
    return parseFile(url, rest, base !== null && base.scheme === 'file' ? base : null, hasQuery);
  }
  if (isSpecial(url.scheme)) {
    if (base !== null && base.scheme === url.scheme && !startsWith(rest, '//')) {
      return parseRelative(url, rest, base, hasQuery);
    }
    return parseAuthority(url, skipSlashes(url, rest));
  }
  if (startsWith(rest, '//')) return parseAuthority(url, stringSlice(rest, 2));
  if (startsWith(rest, '/')) return parsePath(url, rest);
  url.path = percentEncode(rest, CONTROLS);
  return url;
}

function skipSlashes(url, text) {
  let i = 0;
  while (i < text.length && isSlash(url, text[i])) i++;
  return stringSlice(text, i);
}

function parseRelative(url, text, base, hasQuery) {
  if (isSlash(url, text[0]) && isSlash(url, text[1])) {
    return parseAuthority(url, isSpecial(url.scheme) ? skipSlashes(url, text) : stringSlice(text, 2));
  }
  url.username = base.username;
  url.password = base.password;
  url.host = base.host;
  url.port = base.port;
  return isSlash(url, text[0]) ? parsePath(url, text) : continuePath(url, text, base, hasQuery);
}

// A path that goes on where the base's path ends.
function continuePath(url, text, base, hasQuery) {
  url.path = copyList(base.path);
  if (text === '') {
    if (!hasQuery) url.query = base.query;
    return url;
  }
  shorten(url);
  return parsePath(url, text);
}

function parseAuthority(url, text) {
  let end = 0;
  while (end < text.length && !isSlash(url, text[end])) end++;
  let authority = stringSlice(text, 0, end);
  const at = lastIndexOf(authority, '@');
  if (at >= 0) {
    const credentials = stringSlice(authority, 0, at), colon = indexOf(credentials, ':');
    authority = stringSlice(authority, at + 1);
    if (authority === '') return null;
    url.username = percentEncode(colon < 0 ? credentials : stringSlice(credentials, 0, colon), IN_USERINFO);
    url.password = colon < 0 ? '' : percentEncode(stringSlice(credentials, colon + 1), IN_USERINFO);
  }
  return setHostAndPort(url, authority) ? parsePath(url, stringSlice(text, end)) : null;
}

function setHostAndPort(url, authority) {
  const colon = indexOf(authority, ':', max(lastIndexOf(authority, ']'), 0));
  const name = colon < 0 ? authority : stringSlice(authority, 0, colon);
  if (name === '' && (colon >= 0 || isSpecial(url.scheme))) return false;
  const parsed = name === '' ? '' : parseHost(name, isSpecial(url.scheme));
  if (parsed === null || (colon >= 0 && !setPort(url, stringSlice(authority, colon + 1)))) return false;
  url.host = parsed;
  return true;
}

function setPort(url, text) {
  if (text !== '' && (regexpExec(DIGITS, text) === null || +text > 65535)) return false;
  url.port = text === '' || +text === DEFAULT_PORTS[url.scheme] ? null : +text;
  return true;
}

function parseFile(url, text, base, hasQuery) {
  url.host = '';
  if (isSlash(url, text[0])) {
    if (isSlash(url, text[1])) return parseFileHost(url, stringSlice(text, 2));
    if (base !== null) {
      url.host = base.host;
      const drive = base.path[0];
      const hasDrive = regexpExec(STARTS_WITH_DRIVE, stringSlice(text, 1)) !== null;
      if (!hasDrive && isDrive(drive)) push(url.path, drive);
    }
    return parsePath(url, text);
  }
  if (base === null) return parsePath(url, text);
  url.host = base.host;
  return regexpExec(STARTS_WITH_DRIVE, text) === null
    ? continuePath(url, text, base, hasQuery) : parsePath(url, text);
}

function parseFileHost(url, text) {
  let end = 0;
  while (end < text.length && !isSlash(url, text[end])) end++;
  const name = stringSlice(text, 0, end);
  if (regexpExec(DRIVE, name) !== null) return parsePath(url, text);
  if (name !== '') {
    const parsed = parseHost(name, true);
    if (parsed === null) return null;
    url.host = parsed === 'localhost' ? '' : parsed;
  }
  return parsePath(url, stringSlice(text, end));
}

const isDrive = (segment) =>
  segment !== undefined && segment[1] === ':' && regexpExec(DRIVE, segment) !== null;

function shorten(url) {
  const { path } = url;
  if (path.length === 0 || (url.scheme === 'file' && path.length === 1 && isDrive(path[0]))) return;
  path.length--;
}

// Appends the segments of `text` to the path.
function parsePath(url, text) {
  const special = isSpecial(url.scheme);
  if (text === '' && !special) return url;
  const plain = special ? replaceAll(text, '\\', '/') : text;
  const segments = split(startsWith(plain, '/') ? stringSlice(plain, 1) : plain, '/');
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i], last = i === segments.length - 1;
    if (regexpExec(TWO_DOTS, segment) !== null) {
      shorten(url);
      if (last) push(url.path, '');
    } else if (regexpExec(ONE_DOT, segment) !== null) {
      if (last) push(url.path, '');
    } else if (url.scheme === 'file' && url.path.length === 0 && regexpExec(DRIVE, segment) !== null) {
      push(url.path, segment[0] + ':');
    } else {
      push(url.path, percentEncode(segment, IN_PATH));
    }
  }
  return url;
}

const pathText = (url) =>
  typeof url.path === 'string' ? url.path : url.path.length ? '/' + arrayJoin(url.path, '/') : '';
const hostText = (url) =>
  url.host === null ? '' : url.port === null ? url.host : url.host + ':' + url.port;

function serializeURL(url) {
  let text = url.scheme + ':';
  if (url.host !== null) {
    text += '//';
    if (url.username !== '' || url.password !== '') {
      text += url.username + (url.password === '' ? '' : ':' + url.password) + '@';
    }
    text += hostText(url);
  } else if (typeof url.path !== 'string' && url.path.length > 1 && url.path[0] === '') {
    text += '/.'; // or the path would be read as a host
  }
  text += pathText(url);
  if (url.query !== null) text += '?' + url.query;
  return url.fragment === null ? text : text + '#' + url.fragment;
}

const originOf = (url) => {
  if (url.scheme === 'blob') {
    const inner = parseURL(pathText(url), null);
    return inner !== null && (inner.scheme === 'http' || inner.scheme === 'https') ? originOf(inner) : 'null';
  }
  return isSpecial(url.scheme) && url.scheme !== 'file' ? url.scheme + '://' + hostText(url) : 'null';
};
