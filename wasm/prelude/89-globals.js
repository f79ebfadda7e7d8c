// What the engine has and scripts do not get: threads are not there, and what shows when memory is
// reclaimed would let a pause change the course of a script.
//
// from 10-primordials: *
// from C: host

for (const name of ['SharedArrayBuffer', 'Atomics', 'WeakRef', 'FinalizationRegistry', 'gc', 'navigator']) {
  delete globalThis[name];
}
defineAll(Math, { random() { return host.random(); } });
