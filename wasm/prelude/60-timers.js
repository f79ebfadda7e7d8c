// Timers are waits that the host keeps: the guest says how long until the next one, and runs what
// is due when the host comes back. They live in the heap, so they survive a pause.
const timers = new Map(); // id -> { due, every, callback, args, order }
let lastTimer = 0;

function addTimer(callback, delay, args, repeat) {
  if (typeof callback !== 'function') throw new TypeError('the callback of a timer must be a function');
  const wait = Number(delay);
  const every = wait >= 1 && wait <= 2147483647 ? wait : 1;
  const id = ++lastTimer;
  mapSet(timers, id, { due: host.now() + every, every: repeat ? every : 0, callback, args, id });
  return id;
}

const earliest = () => {
  let first;
  mapForEach(timers, (timer) => { if (!first || timer.due < first.due) first = timer; });
  return first;
};

// Runs one timer that is due: whether there was one.
function runTimers() {
  const timer = earliest();
  if (!timer || timer.due > host.now()) return false;
  if (timer.every) timer.due = host.now() + timer.every;
  else mapDelete(timers, timer.id);
  try {
    apply(timer.callback, undefined, timer.args);
  } catch (error) {
    reportRejection(error);
  }
  return true;
}

const nextTimer = () => {
  const timer = earliest();
  return timer && Math.max(0, timer.due - host.now());
};

const clearTimers = () => { mapForEach(timers, (_, id) => { mapDelete(timers, id); }); };

const clearTimer = (id) => { mapDelete(timers, id); };
define(globalThis, 'setTimeout', function setTimeout(callback, delay, ...args) { return addTimer(callback, delay, args, false); });
define(globalThis, 'setInterval', function setInterval(callback, delay, ...args) { return addTimer(callback, delay, args, true); });
define(globalThis, 'clearTimeout', function clearTimeout(id) { clearTimer(id); });
define(globalThis, 'clearInterval', function clearInterval(id) { clearTimer(id); });
