// Everything that script code can reach without a tool: one line for each object, with its own
// members; `()` is a function, `<` a getter, `>` a setter, `@@` a well-known symbol.
(() => {
  const seen = new Set(), lines = [];
  const nameOf = (key) => typeof key === 'symbol' ? '@@' + key.description.replace('Symbol.', '') : key;
  const walk = (value, path) => {
    if (Object(value) !== value || seen.has(value)) return;
    seen.add(value);
    const members = [], inside = [];
    for (const key of Reflect.ownKeys(value)) {
      if (typeof value === 'function' && (key === 'length' || key === 'name')) continue;
      const { value: content, get, set } = Object.getOwnPropertyDescriptor(value, key);
      const mark = get || set ? (get ? '<' : '') + (set ? '>' : '') : typeof content === 'function' ? '()' : '';
      members.push(nameOf(key) + mark);
      const where = path === 'globalThis' ? nameOf(key) : path + '.' + nameOf(key);
      inside.push([content, where], [get, where], [set, where]);
    }
    if (members.length) lines.push(path + ': ' + members.sort().join(' '));
    for (const [part, where] of inside) walk(part, where);
    walk(Object.getPrototypeOf(value), path + '.[[Prototype]]');
  };
  walk(globalThis, 'globalThis');
  const hidden = {
    'an array iterator': [][Symbol.iterator](), 'a Map iterator': new Map().keys(), 'a Set iterator': new Set().keys(),
    'a string iterator': ''[Symbol.iterator](), 'a RegExp iterator': ''.matchAll(/x/g),
    'an iterator helper': [].values().map((x) => x), 'a wrapped iterator': Iterator.from({ next() {} }),
    'an async function': async () => {}, 'a generator function': function* () {},
    'an async generator function': async function* () {}, arguments: (function () { return arguments })(),
    'a function': function () {}, 'a caught engine error': (() => { try { null.x } catch (e) { return e } })(),
    'a template': ((strings) => strings)``, 'a match': /(?<x>a)/d.exec('a'),
  };
  for (const [name, value] of Object.entries(hidden)) walk(value, name);
  return lines.sort();
})()
