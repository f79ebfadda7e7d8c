// What inspect calls an object, found without running code of the script: no getter, no trap.
//
// from 10-primordials: *
// from C: host
// gives: TYPED bracketed functionName inherits kindName nameOf namesOf prefix

const INSTANCE_NAMES = { __proto__: null, Arguments: 'Object' };

const nameOf = (fn) => {
  const name = peek(fn, 'name');
  return typeof name === 'string' ? name : '';
};

// The constructor's name: of the nearest prototype that has one. null when no prototype has.
function constructorName(value) {
  let holder = value;
  for (let i = 0; i < MAX_PROTOTYPES && holder !== null && !host.isProxy(holder); i++) {
    const found = ownDescriptor(holder, 'constructor')?.value;
    if (typeof found === 'function' && !host.isProxy(found)) {
      const name = nameOf(found);
      if (name !== '' && inherits(value, ownDescriptor(found, 'prototype')?.value)) return name;
    }
    holder = getPrototypeOf(holder);
  }
  return null;
}

function inherits(value, prototype) {
  let holder = value;
  for (let i = 0; i < MAX_PROTOTYPES && !host.isProxy(holder); i++) {
    holder = getPrototypeOf(holder);
    if (holder === null) return false;
    if (holder === prototype) return true;
  }
  return false;
}

const kindName = (kind) => INSTANCE_NAMES[kind] ?? kind;

// `Symbol.toStringTag`, unless it is enumerable and shows as a property anyway.
function tagOf(value, kind, name) {
  const tag = TYPED[kind] ? kind : peek(value, Symbol.toStringTag);
  if (typeof tag !== 'string' || tag === '' || tag === name) return '';
  return ownDescriptor(value, Symbol.toStringTag)?.enumerable ? '' : tag;
}

const TYPED = { __proto__: null };
for (const name of ['Int8', 'Uint8', 'Uint8Clamped', 'Int16', 'Uint16', 'Int32', 'Uint32',
  'BigInt64', 'BigUint64', 'Float16', 'Float32', 'Float64']) TYPED[name + 'Array'] = true;

// `Name(size) [Tag] `, as it stands before the bracket.
function prefix(names, fallback, size) {
  const count = size === undefined ? '' : '(' + size + ')';
  if (names.constructor !== null) {
    return names.constructor + count + ' ' + (names.tag && '[' + names.tag + '] ');
  }
  const tag = names.tag && names.tag !== fallback ? '[' + names.tag + '] ' : '';
  if (names.complex !== '') return fallback + count + ' <' + names.complex + '> ' + tag;
  return '[' + fallback + count + ': null prototype] ' + tag;
}

const bracketed = (names, kind) => {
  const text = prefix(names, kindName(kind));
  return stringSlice(text, 0, text.length - 1);
};

function namesOf(value, kind) {
  const constructor = constructorName(value);
  let complex = '';
  if (constructor === null) {
    const parent = getPrototypeOf(value);
    if (parent !== null) {
      const plain = !host.isProxy(parent) && getPrototypeOf(parent) === null;
      complex = plain ? '[Object: null prototype] {}' : 'Complex prototype';
    }
  }
  return { constructor, tag: tagOf(value, kind, constructor), complex };
}

function functionName(fn, kind, names) {
  const source = functionToString(fn);
  const name = nameOf(fn);
  if (startsWith(source, 'class') && endsWith(source, '}')) {
    const parent = getPrototypeOf(fn);
    let text = '[class ' + (name || '(anonymous)');
    if (names.constructor !== 'Function' && names.constructor !== null) {
      text += ' [' + names.constructor + ']';
    }
    if (parent === null) text += ' extends [null prototype]';
    else if (!host.isProxy(parent) && nameOf(parent)) text += ' extends ' + nameOf(parent);
    return text + ']';
  }
  let text = '[' + (names.constructor === null ? kind + ' (null prototype)' : kind);
  text += name === '' ? ' (anonymous)]' : ': ' + name + ']';
  if (names.constructor !== kind && names.constructor !== null) text += ' ' + names.constructor;
  return text;
}
