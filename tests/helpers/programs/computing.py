"""Programs that only compute."""

# ruff: noqa: E501  (the scripts are written as models write them)

from __future__ import annotations

from tests.helpers.programs.program import Program

COMPUTING = (
    Program(
        "CSV with quotes",
        r"""
const csv = `id,name,notes
1,"Smith, Jane","said ""hi"" twice"
2,Bob,
3,"Multi
line",ok`;

function parseCSV(text) {
  const rows = [];
  let row = [], field = '', quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') { field += '"'; i++; }
      else if (c === '"') quoted = false;
      else field += c;
    } else if (c === '"') quoted = true;
    else if (c === ',') { row.push(field); field = ''; }
    else if (c === '\n') { row.push(field); rows.push(row); row = []; field = ''; }
    else field += c;
  }
  row.push(field); rows.push(row);
  const [header, ...body] = rows;
  return body.map((cells) => Object.fromEntries(header.map((key, i) => [key, cells[i] ?? null])));
}
parseCSV(csv)
""",
        [
            {"id": "1", "name": "Smith, Jane", "notes": 'said "hi" twice'},
            {"id": "2", "name": "Bob", "notes": ""},
            {"id": "3", "name": "Multi\nline", "notes": "ok"},
        ],
    ),
    Program(
        "a markdown table",
        r"""
const markdown = `
# Report

| Item | Price | Qty |
|:-----|------:|----:|
| Pen  | 1.20  | 10  |
| Ink  | 4.75  | 3   |

Done.`;
const rows = markdown
  .split('\n')
  .filter((line) => line.trim().startsWith('|'))
  .map((line) => line.trim().replace(/^\||\|$/g, '').split('|').map((cell) => cell.trim()));
const [head, , ...body] = rows;
const records = body.map((cells) => cells.reduce((record, cell, i) => {
  const key = head[i].toLowerCase();
  return { ...record, [key]: Number.isNaN(Number(cell)) ? cell : Number(cell) };
}, {}));
const total = records.reduce((sum, { price, qty }) => sum + price * qty, 0);
`Total: ${total.toLocaleString('en-US', { style: 'currency', currency: 'USD' })}`
""",
        "Total: $26.25",
    ),
    Program(
        "log lines with named groups",
        r"""
const log = `
2024-01-05T10:00:00Z ERROR [db] timeout after 3000ms
2024-01-05T10:00:01Z INFO [web] GET /a 200
2024-01-05T10:01:10Z ERROR [web] GET /b 500
not a log line
2024-01-06T00:00:00Z WARN [db] slow query 1500ms`;
const pattern = /^(?<time>\S+)\s+(?<level>[A-Z]+)\s+\[(?<source>\w+)\]\s+(?<message>.*)$/gm;
const entries = [...log.matchAll(pattern)].map(({ groups }) => ({ ...groups, time: new Date(groups.time) }));
const perLevel = Object.groupBy(entries, ({ level }) => level);
const slow = entries
  .map(({ message }) => message.match(/(?<ms>\d+)ms/)?.groups.ms)
  .filter(Boolean)
  .map(Number);
({
  counts: Object.fromEntries(Object.entries(perLevel).map(([level, list]) => [level, list.length])),
  slow,
  seconds: (entries[2].time - entries[0].time) / 1000,
  day: entries.at(-1).time.toLocaleDateString('en-US', { month: 'short', day: 'numeric', year: 'numeric' }),
})
""",
        {
            "counts": {"ERROR": 2, "INFO": 1, "WARN": 1},
            "slow": [3000, 1500],
            "seconds": 70,
            "day": "Jan 6, 2024",
        },
    ),
    Program(
        "classes with private state",
        """
class InsufficientFunds extends Error {
  constructor(missing) {
    super(`missing ${missing}`);
    this.name = 'InsufficientFunds';
    this.missing = missing;
  }
}
class Account {
  static #count = 0;
  #balance = 0;
  #history = [];
  constructor(owner) { this.owner = owner; Account.#count++; }
  static get count() { return Account.#count; }
  get balance() { return this.#balance; }
  deposit(amount) { this.#balance += amount; this.#history.push(['in', amount]); return this; }
  withdraw(amount) {
    if (amount > this.#balance) throw new InsufficientFunds(amount - this.#balance);
    this.#balance -= amount;
    this.#history.push(['out', amount]);
    return this;
  }
  *[Symbol.iterator]() { yield* this.#history; }
}
const account = new Account('Ada').deposit(100).withdraw(30);
let problem;
try { account.withdraw(500); } catch (error) {
  if (!(error instanceof InsufficientFunds)) throw error;
  problem = `${error.name}: ${error.message} (${error.missing})`;
}
console.log(account, Account.count);
({ balance: account.balance, history: [...account], problem })
""",
        {
            "balance": 70,
            "history": [["in", 100], ["out", 30]],
            "problem": "InsufficientFunds: missing 430 (430)",
        },
        console="Account { owner: 'Ada' } 1\n",
    ),
    Program(
        "lazy generators",
        """
function* naturals(from = 1) { while (true) yield from++; }
const pipe = (...fns) => (input) => fns.reduce((value, fn) => fn(value), input);
const map = (fn) => function* (source) { for (const item of source) yield fn(item); };
const filter = (fn) => function* (source) { for (const item of source) if (fn(item)) yield item; };
const take = (count) => function* (source) {
  if (count <= 0) return;
  let taken = 0;
  for (const item of source) { yield item; if (++taken >= count) return; }
};
const isPrime = (n) => { for (let d = 2; d * d <= n; d++) if (n % d === 0) return false; return n > 1; };
const primes = [...pipe(filter(isPrime), map((p) => p * p), take(6))(naturals())];
const fibonacci = { *[Symbol.iterator]() { let [a, b] = [0, 1]; for (;;) { yield a; [a, b] = [b, a + b]; } } };
const [zero, one, , two, ...rest] = take(9)(fibonacci);
({ primes, zero, one, two, rest })
""",
        {
            "primes": [4, 9, 25, 49, 121, 169],
            "zero": 0,
            "one": 1,
            "two": 2,
            "rest": [3, 5, 8, 13, 21],
        },
    ),
    Program(
        "destructuring and defaults",
        """
const response = {
  data: { user: { id: 42, profile: { name: 'Ada', emails: ['a@x.org', 'b@x.org'] } }, roles: null },
  meta: { 'x-total': '3' },
};
const {
  data: { user: { id, profile: { name: fullName, emails: [primary, ...others], phone = 'none' } }, roles },
  meta: { ['x-total']: total, missing: { deep = 'default' } = {} },
} = response;
const summarize = ({ a = 1, b: { c = 2 } = {}, ...rest } = {}, [first, second = first * 2] = [10]) =>
  [a, c, rest, first, second];
[id, fullName, primary, others, phone, roles ?? ['guest'], Number(total), deep,
 summarize(), summarize({ a: 5, z: 9 }, [1]), response?.data?.none?.[0]?.() ?? 'nothing']
""",
        [
            42,
            "Ada",
            "a@x.org",
            ["b@x.org"],
            "none",
            ["guest"],
            3,
            "default",
            [1, 2, {}, 10, 20],
            [5, 2, {"z": 9}, 1, 2],
            "nothing",
        ],
    ),
    Program(
        "tagged templates",
        r"""
const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (c) =>
  ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]);
function html(strings, ...values) {
  return strings.reduce((out, part, i) => {
    const value = values[i - 1];
    return out + (Array.isArray(value) ? value.join('') : escapeHtml(value)) + part;
  });
}
const users = [{ name: '<b>Eve</b>', tags: ['x', '"y"'] }, { name: "O'Neil", tags: [] }];
const page = html`<ul>${users.map(({ name, tags }) => html`<li title=${name}>${tags.length}</li>`)}</ul>`;
[page, String.raw`a\nb${1 + 1}`]
""",
        [
            "<ul><li title=&lt;b&gt;Eve&lt;/b&gt;>2</li><li title=O&#39;Neil>0</li></ul>",
            "a\\nb2",
        ],
    ),
    Program(
        "labelled loops",
        """
const grid = [
  [1, 0, 3],
  [4, 5, 6],
  [7, -1, 9],
];
const seen = [];
outer: for (let row = 0; row < grid.length; row++) {
  for (let column = 0; column < grid[row].length; column++) {
    const cell = grid[row][column];
    if (cell === 0) continue outer;
    if (cell < 0) break outer;
    seen.push(cell);
  }
}
let steps = 0, n = 27;
search: { do { n = n % 2 ? 3 * n + 1 : n / 2; if (++steps > 1000) break search; } while (n !== 1); }
switch (true) { case steps > 100: seen.push('long'); default: seen.push('end'); }
({ seen, steps })
""",
        {"seen": [1, 4, 5, 6, 7, "long", "end"], "steps": 111},
    ),
    Program(
        "a query builder",
        """
const base = 'https://api.example.com/v1/';
function buildUrl(path, params = {}) {
  const url = new URL(path, base);
  for (const [key, value] of Object.entries(params)) {
    if (value === undefined || value === null) continue;
    for (const item of [].concat(value)) url.searchParams.append(key, item);
  }
  url.searchParams.sort();
  return url;
}
const url = buildUrl('search/items', { q: 'blue & green', tag: ['a', 'b'], page: 2, none: null });
const back = Object.fromEntries([...new URL(url.href).searchParams].map(([k, v]) => [k.toUpperCase(), v]));
console.log(String(url));
({ back, host: url.host, segments: url.pathname.split('/').filter(Boolean), tags: url.searchParams.getAll('tag') })
""",
        {
            "back": {"Q": "blue & green", "TAG": "b", "PAGE": "2"},
            "host": "api.example.com",
            "segments": ["v1", "search", "items"],
            "tags": ["a", "b"],
        },
        console="https://api.example.com/v1/search/items?page=2&q=blue+%26+green&tag=a&tag=b\n",
    ),
    Program(
        "a dependency order",
        """
const tasks = new Map(Object.entries({
  deploy: ['test', 'build'], test: ['build'], build: ['install'], install: [], docs: ['install'],
}));
function order(graph) {
  const done = new Set(), path = new Set(), result = [];
  const visit = (name) => {
    if (done.has(name)) return;
    if (path.has(name)) throw new Error(`cycle: ${[...path, name].join(' -> ')}`);
    path.add(name);
    for (const needed of graph.get(name) ?? []) visit(needed);
    path.delete(name);
    done.add(name);
    result.push(name);
  };
  for (const name of graph.keys()) visit(name);
  return result;
}
const sorted = order(tasks);
tasks.set('install', ['docs']);
let message;
try { order(tasks) } catch ({ message: text }) { message = text }
console.log(tasks.keys());
[sorted, message]
""",
        [
            ["install", "build", "test", "deploy", "docs"],
            "cycle: deploy -> test -> build -> install -> docs -> install",
        ],
        console="[Map Iterator] { 'deploy', 'test', 'build', 'install', 'docs' }\n",
    ),
    Program(
        "a deadline",
        """
const delay = (ms, value, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms, value);
  signal?.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
});
async function withDeadline(work, ms) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`over ${ms} ms`)), ms);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
const results = [];
for (const ms of [10, 500]) {
  try {
    results.push(await withDeadline((signal) => delay(ms, `took ${ms}`, signal), 100));
  } catch (error) {
    results.push(error.message);
  }
}
const first = await Promise.race([delay(30, 'slow'), delay(20, 'fast')]);
const { promise, resolve } = Promise.withResolvers();
queueMicrotask(() => resolve('resolved'));
[...results, first, await promise]
""",
        ["took 10", "over 100 ms", "fast", "resolved"],
    ),
    Program(
        "a diff of two states",
        """
const before = { name: 'x', tags: ['a', 'b'], nested: { on: true, level: 1 }, gone: 1, when: new Date(0) };
const after = structuredClone(before);
after.tags.push('c'); after.nested.level = 2; delete after.gone; after.added = new Set([1]); after.when.setDate(2);
const isObject = (value) => value !== null && typeof value === 'object';
function* diff(a, b, path = []) {
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const here = [...path, key].join('.');
    if (!(key in b)) yield `- ${here}`;
    else if (!(key in a)) yield `+ ${here}`;
    else if (a[key] instanceof Date) { if (+a[key] !== +b[key]) yield `~ ${here}: ${b[key].toISOString()}`; }
    else if (isObject(a[key]) && isObject(b[key])) yield* diff(a[key], b[key], [...path, key]);
    else if (!Object.is(a[key], b[key])) yield `~ ${here}: ${JSON.stringify(a[key])} -> ${JSON.stringify(b[key])}`;
  }
}
[...diff(before, after)].sort()
""",
        [
            "+ added",
            "+ tags.2",
            "- gone",
            "~ nested.level: 1 -> 2",
            "~ when: 1970-01-02T00:00:00.000Z",
        ],
    ),
    Program(
        "bytes, big integers and a checksum",
        """
const text = 'naïve café ☕';
const bytes = new TextEncoder().encode(text);
const fnv1a = (data) => data.reduce((hash, byte) => ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn, 0xcbf29ce484222325n);
const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});
const crc32 = (data) => (data.reduce((crc, byte) => crcTable[(crc ^ byte) & 0xff] ^ (crc >>> 8), -1) ^ -1) >>> 0;
const base64 = btoa(String.fromCharCode(...bytes));
const decoded = new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
const view = new DataView(new ArrayBuffer(8));
view.setFloat32(0, 1.5); view.setInt16(4, -2, true);
const hex = [...new Uint8Array(view.buffer)].map((b) => b.toString(16).padStart(2, '0')).join('');
[bytes.length, fnv1a(new TextEncoder().encode('a')).toString(16), crc32(new TextEncoder().encode('123456789')).toString(16),
 decoded === text, hex, 2n ** 100n % 1000007n === 0n ? 'even' : (2n ** 64n).toString()]
""",
        [16, "af63dc4c8601ec8c", "cbf43926", True, "3fc00000feff0000", "18446744073709551616"],
    ),
)
