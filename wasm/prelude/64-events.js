// Event, EventTarget, AbortController and AbortSignal, as far as scripts without a page need them.
//
// from 10-primordials: *
// from 34-error-text: exception
// from 35-shapes: propertyView views
// from 53-reports: report
// from 60-clock: sinceStart
// from 61-timers: addTimer
// from C: host
// gives: collect

let begin, isStopped, isEvent, fire, isController; // the private side of the classes below

class Event {
  #type; #cancelable; #prevented = false; #stopped = false; #target = null; #time;
  static {
    isEvent = (value) => isObject(value) && #type in value;
    begin = (event, target) => { event.#target = target; };
    isStopped = (event) => event.#stopped;
  }
  constructor(type, options = undefined) {
    if (arguments.length === 0) throw new TypeError('Event needs a type');
    this.#type = '' + type;
    this.#cancelable = !!option(options, 'cancelable');
    this.#time = sinceStart();
  }
  get type() { return this.#type; }
  get target() { return this.#target; }
  get currentTarget() { return this.#target; }
  get cancelable() { return this.#cancelable; }
  get defaultPrevented() { return this.#prevented; }
  get timeStamp() { return this.#time; }
  preventDefault() { if (this.#cancelable) this.#prevented = true; }
  stopPropagation() {} // there is nothing above a target here
  stopImmediatePropagation() { this.#stopped = true; }
}

class EventTarget {
  #listeners = list(); // { type, callback, once, live }
  static {
    fire = (target, event) => target.#fire(event);
  }
  addEventListener(type, callback, options = undefined) {
    if (callback === null || callback === undefined) return;
    if (!isObject(callback)) throw new TypeError('an event listener must be a function or an object');
    const signal = option(options, 'signal'), once = !!option(options, 'once');
    if (signal !== undefined && isAborted(signal)) return;
    if (this.#find('' + type, callback) >= 0) return;
    push(this.#listeners, { type: '' + type, callback, once, live: true });
    if (signal !== undefined) whenAborted(signal, () => { this.#remove('' + type, callback); });
  }
  removeEventListener(type, callback) { this.#remove('' + type, callback); }
  dispatchEvent(event) {
    if (!isEvent(event)) throw new TypeError('dispatchEvent needs an Event');
    this.#fire(event);
    return !eventPrevented(event);
  }
  #find(type, callback) {
    for (let i = 0; i < this.#listeners.length; i++) {
      const listener = this.#listeners[i];
      if (listener.type === type && listener.callback === callback) return i;
    }
    return -1;
  }
  #remove(type, callback) {
    const at = this.#find(type, callback);
    if (at < 0) return;
    this.#listeners[at].live = false;
    const kept = list();
    for (let i = 0; i < this.#listeners.length; i++) if (i !== at) push(kept, this.#listeners[i]);
    this.#listeners = kept; // another list: one that is being walked stays as it is
  }
  #fire(event) {
    begin(event, this);
    const type = eventType(event), listeners = this.#listeners;
    for (let i = 0; i < listeners.length && !isStopped(event); i++) {
      const { type: wanted, callback, once, live } = listeners[i];
      if (!live || wanted !== type) continue;
      if (once) this.#remove(type, callback);
      call(callback, this, event);
    }
  }
}

// A listener's own error is no business of whoever fires the event.
function call(callback, target, event) {
  try {
    if (typeof callback === 'function') apply(callback, target, [event]);
    else callback.handleEvent(event);
  } catch (error) {
    report('Uncaught (in an event listener) ', error);
  }
}

let mayMake = false; // whether `new AbortSignal()` comes from here
const listen = uncurry(EventTarget.prototype.addEventListener);
const unlisten = uncurry(EventTarget.prototype.removeEventListener);
let abort, isAborted, whenAborted, isSignal;

class AbortSignal extends EventTarget {
  #aborted = false; #reason = undefined; #handler = null; #waiting = list();
  #onabort = (event) => { apply(this.#handler, this, [event]); };
  static {
    isSignal = (value) => isObject(value) && #waiting in value;
    isAborted = (signal) => signal.#aborted;
    whenAborted = (signal, action) => { push(signal.#waiting, action); };
    abort = (signal, reason) => signal.#abort(reason);
  }
  constructor() {
    if (!mayMake) throw new TypeError('Illegal constructor: use new AbortController()');
    super();
  }
  get aborted() { return this.#aborted; }
  get reason() { return this.#reason; }
  get onabort() { return this.#handler; }
  set onabort(handler) {
    const wanted = typeof handler === 'function' ? handler : null;
    // Takes its turn among the listeners where it was first set.
    if (this.#handler === null && wanted !== null) listen(this, 'abort', this.#onabort);
    if (wanted === null) unlisten(this, 'abort', this.#onabort);
    this.#handler = wanted;
  }
  throwIfAborted() { if (this.#aborted) throw this.#reason; }
  #abort(reason) {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason === undefined
      ? exception('This operation was aborted', 'AbortError') : reason;
    const waiting = this.#waiting;
    this.#waiting = list();
    for (let i = 0; i < waiting.length; i++) waiting[i]();
    fire(this, new Event('abort'));
  }
  static abort(reason = undefined) {
    const signal = makeSignal();
    abort(signal, reason);
    return signal;
  }
  static timeout(milliseconds) {
    const signal = makeSignal();
    const expire = () => abort(signal, exception('The operation was aborted due to timeout', 'TimeoutError'));
    addTimer(expire, milliseconds, list(), false);
    return signal;
  }
  static any(signals) {
    const made = makeSignal(), all = collect(signals);
    for (let i = 0; i < all.length; i++) {
      const signal = all[i];
      if (!isSignal(signal)) throw new TypeError('AbortSignal.any needs AbortSignals');
      if (isAborted(signal)) { abort(made, signal.#reason); break; }
      whenAborted(signal, () => abort(made, signal.#reason));
    }
    return made;
  }
}

function makeSignal() {
  mayMake = true;
  try {
    return new AbortSignal();
  } finally {
    mayMake = false;
  }
}

// The items of an array, or of another iterable by its own iterator.
function collect(iterable) {
  const items = list();
  if (isArray(iterable) && !host.isProxy(iterable)) {
    for (let i = 0; i < iterable.length; i++) push(items, peek(iterable, i));
  } else {
    for (const item of iterable) push(items, item);
  }
  return items;
}

class AbortController {
  #signal = makeSignal();
  get signal() { return this.#signal; }
  abort(reason = undefined) { abort(this.#signal, reason); }
  static { isController = (value) => isObject(value) && #signal in value; }
}

tagged(Event, 'Event');
tagged(EventTarget, 'EventTarget');
tagged(AbortSignal, 'AbortSignal');
tagged(AbortController, 'AbortController');
push(views, propertyView(isSignal, 'AbortSignal', (signal) => ({ aborted: isAborted(signal) })));
push(views, propertyView(isController, 'AbortController',
  (controller) => ({ signal: controllerSignal(controller) })));
const controllerSignal = getter(AbortController.prototype, 'signal');
push(views, propertyView(isEvent, 'Event', (event) => ({
  type: eventType(event), defaultPrevented: eventPrevented(event), cancelable: eventCancelable(event),
  timeStamp: eventTime(event),
})));
const eventType = getter(Event.prototype, 'type'), eventTime = getter(Event.prototype, 'timeStamp');
const eventPrevented = getter(Event.prototype, 'defaultPrevented');
const eventCancelable = getter(Event.prototype, 'cancelable');
