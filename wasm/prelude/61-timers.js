// Timers are waits that the host keeps: the guest says how long until the next one, and runs what
// is due when the host comes back. They live in the heap, so they survive a pause.
//
// from 10-primordials: *
// from 34-error-text: cut
// from 36-inspect: inspect
// from 50-format: SHALLOW
// from 52-console: resetConsole
// from 53-reports: report
// from 60-clock: resetClock
// from C: host
// gives: addTimer clearTimers nextTimer runTimers timers

const timers = new Map(); // id -> { id, due, every, callback, args }
const MAX_DELAY = 2147483647;
let lastTimer = 0;

function addTimer(callback, delay, args, repeats) {
  if (typeof callback !== 'function') {
    throw new TypeError('The callback of a timer must be a function, not ' + cut(inspect(callback, SHALLOW)));
  }
  const wait = +delay;
  const every = wait >= 1 && wait <= MAX_DELAY ? trunc(wait) : 1;
  const id = ++lastTimer;
  host.toClear();
  mapSet(timers, id, { id, due: host.now() + every, every: repeats ? every : 0, callback, args });
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
    report('Uncaught (in a timer) ', error);
  }
  return true;
}

const nextTimer = () => {
  const timer = earliest();
  return timer && max(0, timer.due - host.now());
};

// The script has ended: its timers go, and what else belongs to one script. Asked for after toClear().
const clearTimers = () => {
  mapClear(timers);
  resetConsole();
  resetClock();
};

const queueJob = globalThis.queueMicrotask;
defineAll(globalThis, {
  setTimeout(callback, delay = 0, ...args) { return addTimer(callback, delay, args, false); },
  setInterval(callback, delay = 0, ...args) { return addTimer(callback, delay, args, true); },
  setImmediate(callback, ...args) { return addTimer(callback, 0, args, false); },
  clearTimeout(id) { mapDelete(timers, id); },
  clearInterval(id) { mapDelete(timers, id); },
  clearImmediate(id) { mapDelete(timers, id); },
  queueMicrotask(callback) {
    if (typeof callback !== 'function') throw new TypeError('queueMicrotask needs a function');
    queueJob(() => {
      try {
        callback();
      } catch (error) {
        report('Uncaught (in a microtask) ', error);
      }
    });
  },
});
