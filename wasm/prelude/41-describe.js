// What the host is told of an error that nothing caught, and of a result that cannot be copied.
//
// from 10-primordials: *
// from 30-text: plural replaceAll
// from 32-names: inherits namesOf
// from 34-error-text: MAX_CAUSES cut errorHead errorText framesOf isError readSafely stackOf
// from 36-inspect: inspect
// from 40-hints: hintFor
// from C: host
// gives: describe showResult

// [name, message, stack] of whatever a script threw. Its getters may throw or lie; then we say less.
function describe(thrown) {
  if (!isError(thrown) && !(isObject(thrown) && inherits(thrown, Error.prototype))) {
    return ['Error', 'Uncaught ' + cut(attempt(inspect, thrown) ?? 'value'), ''];
  }
  const name = cut(errorText(thrown, 'name', readSafely) || 'Error');
  const message = cut(errorText(thrown, 'message', readSafely) ?? '');
  const hint = hintFor(name, message);
  const seen = list();
  push(seen, thrown);
  return [name, hint ? message + '. ' + hint : message, stackWithCauses(thrown, seen, '')];
}

const SHOWN = { __proto__: null, depth: 8, items: 1000 };

// [text, reason] of a result that cannot leave the script as it is: what the console shows of it, and what
// copying it ended with. Unless the copying refused it, that is an error of the script's own getters.
function showResult(value, error, refused) {
  const told = describe(error);
  const reason = refused ? told[1] : 'reading it threw ' + told[0] + ': ' + told[1];
  return [attempt(inspect, value, SHOWN) ?? '(it cannot be shown)', reason];
}

function stackWithCauses(error, seen, margin) {
  const lines = list(), frames = framesOf(stackOf(error), error);
  if (frames) push(lines, margin + replaceAll(frames, '\n', '\n' + margin));
  const cause = readSafely(error, 'cause');
  if (cause !== undefined) push(lines, linked('[cause]: ', cause, seen, margin));
  const errors = readSafely(error, 'errors');
  if (isArray(errors) && !host.isProxy(errors)) {
    for (let i = 0; i < errors.length && i < MAX_CAUSES; i++) {
      push(lines, linked('[errors][' + i + ']: ', peek(errors, i), seen, margin));
    }
    if (errors.length > MAX_CAUSES) {
      push(lines, margin + '... ' + plural(errors.length - MAX_CAUSES, 'more error'));
    }
  }
  return arrayJoin(lines, '\n');
}

function linked(label, value, seen, margin) {
  if (!isError(value)) return margin + label + cut(attempt(inspect, value) ?? 'value');
  for (let i = 0; i < seen.length; i++) if (seen[i] === value) return margin + label + '(seen above)';
  const head = errorHead(value, namesOf(value, 'Error'));
  const line = margin + label + cut(head);
  if (seen.length > MAX_CAUSES) return line;
  push(seen, value);
  const rest = stackWithCauses(value, seen, margin + '  ');
  return rest === '' ? line : line + '\n' + rest;
}
