// [name, message, stack] of whatever a script threw. Getters may throw or lie; then we say less.
function describe(thrown) {
  const isObject = (typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function';
  if (!isObject || !(attempt(() => thrown instanceof Error) ?? false)) {
    return ['Error', 'Uncaught ' + (attempt(inspect, thrown) ?? 'value'), ''];
  }
  const text = (key) => attempt(() => String(thrown[key] ?? '')) ?? '';
  return [text('name') || 'Error', text('message'), text('stack')];
}

function reportRejection(reason) {
  const [name, message] = describe(reason);
  host.print('Uncaught (in promise) ' + name + ': ' + message);
}
