// What an error says of itself: its head, its frames and its shape for inspect.
//
// from 10-primordials: *
// from 30-text: plural replaceAll
// from 32-names: bracketed nameOf
// from C: host
// gives: MAX_CAUSES cut errorHead errorShape errorText exception framesOf isError readSafely
//   stackOf

const SCRIPT_FRAME = /^    at (?:(.{1,200}) \()?(script\.js:[0-9]+:[0-9]+)\)?$/;
const ERROR_LINKS = ['cause', 'errors']; // not enumerable, shown all the same
const MAX_FRAMES = 10, MAX_LINES = 200, MAX_CAUSES = 8, MAX_MESSAGE = 8000;

// The script's own frames of a stack, one a line; those of the prelude and of built-ins are left
// out, and at its beginning the constructors of the error's own class.
function framesOf(stack, error) {
  if (typeof stack !== 'string') return '';
  const frames = list(), makers = error === undefined ? list() : makersOf(error);
  for (let from = 0, lines = 0; from < stack.length && lines < MAX_LINES; lines++) {
    const newline = indexOf(stack, '\n', from), end = newline < 0 ? stack.length : newline;
    const match = regexpExec(SCRIPT_FRAME, stringSlice(stack, from, end));
    from = end + 1;
    if (match === null || frames.length === MAX_FRAMES) continue;
    if (frames.length === 0 && contains(makers, match[1])) continue;
    makers.length = 0;
    const named = match[1] !== undefined && match[1] !== '<eval>' && match[1] !== '<anonymous>';
    push(frames, '    at ' + (named ? match[1] + ' (' + match[2] + ')' : match[2]));
  }
  return arrayJoin(frames, '\n');
}

// An own `stack` that a script has set, or what the engine recorded.
const stackOf = (error) => ownDescriptor(error, 'stack') ? peek(error, 'stack') : attempt(errorStack, error);

const contains = (items, wanted) => {
  for (let i = 0; i < items.length; i++) if (items[i] === wanted) return true;
  return false;
};

// The names of the script's classes that made an error.
function makersOf(error) {
  const names = list();
  let holder = getPrototypeOf(error);
  for (let i = 0; i < MAX_CAUSES && holder !== null && !host.isProxy(holder); i++) {
    const maker = ownDescriptor(holder, 'constructor')?.value;
    if (typeof maker === 'function' && !host.isProxy(maker) && nameOf(maker)) push(names, nameOf(maker));
    holder = getPrototypeOf(holder);
  }
  return names;
}

const isException = (error) => host.classOf(error) === 'DOMException';

// `read(error, key)` reads a property: peek for inspect, which runs no script code.
function errorText(error, key, read) {
  const text = isException(error)
    ? (key === 'name' ? exceptionName : exceptionMessage)(error)
    : read(error, key);
  return typeof text === 'string' ? text : undefined;
}

// `name: message`, with the class where the name does not tell it.
function errorHead(error, names) {
  const name = errorText(error, 'name', peek) ?? 'Error';
  const message = errorText(error, 'message', peek) ?? '';
  let shown = name;
  if (names.constructor === null) shown += ': null prototype';
  else if (endsWith(names.constructor, name)) shown = names.constructor;
  else if (names.constructor !== name && !includes(name, names.constructor)) {
    shown = names.constructor + ' [' + name + ']';
  }
  return message === '' ? shown : shown === '' ? message : shown + ': ' + message;
}

function errorShape(state, error, names) {
  const frames = framesOf(stackOf(error), error);
  let text = errorHead(error, names);
  text = frames ? text + '\n' + frames : '[' + text + ']';
  if (state.indent) text = replaceAll(text, '\n', '\n' + repeat(' ', state.indent));
  const own = host.keys(error, false), keys = list(), hiddenKeys = { __proto__: null };
  for (let i = 0; i < own.length; i++) {
    const key = own[i];
    const told = key === 'name' || key === 'message' || key === 'stack';
    const value = told ? peek(error, key) : undefined;
    if (typeof value !== 'string' || !(includes(text, value) || key === 'stack')) push(keys, key);
  }
  for (let i = 0; i < ERROR_LINKS.length; i++) {
    const key = ERROR_LINKS[i];
    const descriptor = ownDescriptor(error, key);
    if (!descriptor || descriptor.enumerable) continue;
    hiddenKeys[key] = true;
    push(keys, key);
  }
  if (keys.length === 0) return text;
  const name = bracketed(names, 'Error');
  return { __proto__: null, name, base: text, open: '{', close: '}', keys, hiddenKeys };
}

const cut = (text) => text.length <= MAX_MESSAGE ? text
  : stringSlice(text, 0, MAX_MESSAGE) + '... ' + plural(text.length - MAX_MESSAGE, 'more character');

const readSafely = (error, key) => attempt(() => error[key]);

const isError = (value) =>
  isObject(value) && !host.isProxy(value)
  && (host.classOf(value) === 'Error' || isException(value));

// A DOMException of ours, with a stack as scripts see it; the engine gives it one of its own.
function exception(message, name) {
  const error = new DOMException(message, name);
  const frames = framesOf(stackOf(error));
  const head = name + ': ' + message;
  return define(error, 'stack', frames === '' ? head : head + '\n' + frames) && error;
}

// `error.stack` as scripts know it from elsewhere: it begins with name and message.
{
  const { set } = ownDescriptor(Error.prototype, 'stack');
  const { get } = ownDescriptor({
    get stack() {
      const frames = errorStack(this);
      if (typeof frames !== 'string') return frames;
      const name = errorText(this, 'name', peek) ?? 'Error';
      const message = errorText(this, 'message', peek) ?? '';
      const head = message === '' ? name : name === '' ? message : name + ': ' + message;
      const shown = framesOf(frames, this);
      return shown === '' ? head : head + '\n' + shown;
    },
  }, 'stack');
  defineProperty(Error.prototype, 'stack', {
    __proto__: null, get, set, enumerable: false, configurable: true,
  });
}
