"""Programs that call tools."""

# ruff: noqa: E501  (the scripts are written as models write them)

from __future__ import annotations

from typing import Any

from tests.helpers.programs.program import Program

ORDERS = [
    {"id": 1, "customer": "Ada", "total": 120.5, "status": "paid", "items": ["pen", "ink"]},
    {"id": 2, "customer": "Bob", "total": 80, "status": "open", "items": ["cup"]},
    {"id": 3, "customer": "Ada", "total": 19.5, "status": "paid", "items": []},
    {"id": 4, "customer": "Cy", "total": 300, "status": "refunded", "items": ["lamp", "pen"]},
]


def _list_orders() -> list[dict[str, Any]]:
    return ORDERS


def _page(args: dict[str, Any]) -> dict[str, Any]:
    start = int(args.get("cursor") or 0)
    items = list(range(start, min(start + 10, 25)))
    return {"items": items, "nextCursor": str(start + 10) if start + 10 < 25 else None}


class _Flaky:
    """Fails twice, then works, and so on."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, args: dict[str, Any]) -> str:
        self.calls += 1
        if self.calls % 3:
            message = f"busy ({args['id']})"
            raise ConnectionError(message)
        return "done"


def _square(args: dict[str, Any]) -> int:
    return int(args["n"]) ** 2


def _weather(args: dict[str, Any]) -> dict[str, Any]:
    known = {"Oslo": -3, "Rome": 14, "Cairo": 24}
    if args["city"] not in known:
        message = f"unknown city: {args['city']}"
        raise ValueError(message)
    return {"city": args["city"], "celsius": known[args["city"]]}


CALLING = (
    Program(
        "group and sum",
        """
// Revenue per customer for paid orders, highest first
const orders = await tools.listOrders();
const paid = orders.filter((order) => order.status === "paid");
const byCustomer = paid.reduce((acc, { customer, total }) => {
  acc[customer] = (acc[customer] ?? 0) + total;
  return acc;
}, {});
const ranking = Object.entries(byCustomer)
  .map(([customer, revenue]) => ({ customer, revenue }))
  .sort((a, b) => b.revenue - a.revenue);
console.log(`Found ${paid.length} paid orders`);
console.table(ranking);
ranking;
""",
        [{"customer": "Ada", "revenue": 140}],
        {"listOrders": _list_orders},
        console=(
            "Found 2 paid orders\n"
            "┌─────────┬──────────┬─────────┐\n"
            "│ (index) │ customer │ revenue │\n"
            "├─────────┼──────────┼─────────┤\n"
            "│ 0       │ 'Ada'    │ 140     │\n"
            "└─────────┴──────────┴─────────┘\n"
        ),
    ),
    Program(
        "pagination",
        """
async function fetchAll() {
  const all = [];
  let cursor = null;
  do {
    const page = await tools.listPage({ cursor });
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return all;
}
const items = await fetchAll();
({ count: items.length, last: items.at(-1), sum: items.reduce((a, b) => a + b, 0) })
""",
        {"count": 25, "last": 24, "sum": 300},
        {"listPage": _page},
        calls=["listPage"] * 3,
    ),
    Program(
        "pagination with an async generator",
        """
async function* pages(fetchPage) {
  let cursor;
  while (true) {
    const { items, nextCursor } = await fetchPage({ cursor });
    yield items;
    if (!nextCursor) return;
    cursor = nextCursor;
  }
}
const odd = [];
for await (const items of pages(tools.listPage)) {
  for (const item of items) {
    if (item % 2 === 0) continue;
    odd.push(item);
  }
  if (odd.length >= 8) break;
}
return odd.join(',');
""",
        "1,3,5,7,9,11,13,15,17,19",
        {"listPage": _page},
        calls=["listPage"] * 2,
    ),
    Program(
        "retries with growing delays",
        """
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function withRetry(fn, { retries = 5, baseMs = 100, factor = 2 } = {}) {
  let lastError;
  for (let attempt = 1; attempt <= retries; attempt++) {
    try {
      return { value: await fn(), attempt };
    } catch (error) {
      lastError = error;
      const delay = baseMs * factor ** (attempt - 1);
      console.warn(`attempt ${attempt} failed: ${error.message}; waiting ${delay} ms`);
      await sleep(delay);
    }
  }
  throw new Error(`gave up after ${retries} attempts`, { cause: lastError });
}

const started = Date.now();
const { value, attempt } = await withRetry(() => tools.flaky({ id: 7 }));
({ value, attempt, waited: Date.now() - started });
""",
        {"value": "done", "attempt": 3, "waited": 300},
        {"flaky": _Flaky()},
        console=(
            "attempt 1 failed: busy (7); waiting 100 ms\n"
            "attempt 2 failed: busy (7); waiting 200 ms\n"
        ),
    ),
    Program(
        "an async pool",
        """
async function mapPool(items, limit, worker) {
  const results = new Array(items.length);
  const running = new Set();
  let peak = 0;
  for (const [index, item] of items.entries()) {
    const task = (async () => { results[index] = await worker(item, index); })();
    running.add(task);
    peak = Math.max(peak, running.size);
    task.finally(() => running.delete(task));
    if (running.size >= limit) await Promise.race(running);
  }
  await Promise.all(running);
  return { results, peak };
}
await mapPool([1, 2, 3, 4, 5, 6, 7], 3, async (n) => tools.square({ n }));
""",
        {"results": [1, 4, 9, 16, 25, 36, 49], "peak": 3},
        {"square": _square},
        calls=["square"] * 7,
    ),
    Program(
        "settled calls",
        """
const cities = ['Oslo', 'Rome', 'Atlantis', 'Cairo'];
const settled = await Promise.allSettled(cities.map((city) => tools.weather({ city })));
const [ok, failed] = settled.reduce(
  ([good, bad], result, i) => result.status === 'fulfilled'
    ? [[...good, result.value], bad]
    : [good, [...bad, { city: cities[i], why: String(result.reason) }]],
  [[], []],
);
const warmest = ok.toSorted((a, b) => b.celsius - a.celsius)[0];
({ warmest: warmest.city, mean: +(ok.reduce((s, w) => s + w.celsius, 0) / ok.length).toFixed(2), failed })
""",
        {
            "warmest": "Cairo",
            "mean": 11.67,
            "failed": [{"city": "Atlantis", "why": "ValueError: unknown city: Atlantis"}],
        },
        {"weather": _weather},
    ),
    Program(
        "a small report",
        """
const orders = await tools.listOrders();
const money = (n) => n.toLocaleString('en-US', { style: 'currency', currency: 'USD' });
const lines = orders
  .toSorted((a, b) => a.customer.localeCompare(b.customer) || b.total - a.total)
  .map(({ id, customer, total }) => `${String(id).padStart(3, '0')} ${customer.padEnd(5)}${money(total).padStart(10)}`);
const totals = orders.map((o) => o.total);
const stats = {
  sum: totals.reduce((a, b) => a + b),
  median: totals.slice().sort((a, b) => a - b)[Math.floor(totals.length / 2)],
  max: Math.max(...totals),
};
const items = [...new Set(orders.flatMap((o) => o.items))].sort();
console.group('Orders');
for (const line of lines) console.log(line);
console.groupEnd();
console.log('%d orders, %s in all', orders.length, money(stats.sum), { items });
({ ...stats, items: new Map(items.map((item, i) => [item, i])).size });
""",
        {"sum": 520, "median": 120.5, "max": 300, "items": 4},
        {"listOrders": _list_orders},
        console=(
            "Orders\n"
            "  001 Ada     $120.50\n"
            "  003 Ada      $19.50\n"
            "  002 Bob      $80.00\n"
            "  004 Cy      $300.00\n"
            "4 orders, $520.00 in all { items: [ 'cup', 'ink', 'lamp', 'pen' ] }\n"
        ),
    ),
)
