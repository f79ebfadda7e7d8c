"""The small world that the programs of the corpus reach through `tools`: nothing in it changes.

A shop's orders and customers, weather, mail, files, a search, and a service that fails at first.
As a program it answers calls in JSON lines, for what is not Python:

    {"name": "$begin"}                                    ->  {"value": ["getOrder", ...]}
    {"name": "getOrder", "args": {"order_id": "A-1001"}}  ->  {"value": {...}} or {"error": "..."}
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, Literal

Record = dict[str, Any]
Status = Literal["open", "paid", "late", "cancelled"]

_PRICES: Final = {"KB-1": 49.9, "MS-2": 19.95, "MN-9": 249, "CB-3": 7.5, "HD-5": 129.99}


def _order(order_id: str, customer: str, status: Status, placed: str, **items: int) -> Record:
    lines: list[Record] = [
        {"sku": sku.replace("_", "-"), "qty": qty, "unit_price": _PRICES[sku.replace("_", "-")]}
        for sku, qty in items.items()
    ]
    total = round(sum(line["qty"] * line["unit_price"] for line in lines), 2)
    return {
        "id": order_id,
        "customer_id": customer,
        "status": status,
        "placed_at": placed,
        "items": lines,
        "total": total,
    }


ORDERS: Final[list[Record]] = [
    _order("A-1001", "C-1", "paid", "2024-01-15T09:30:00Z", KB_1=1, MS_2=2),  # 89.8
    _order("A-1002", "C-2", "late", "2024-01-20T14:05:00Z", MN_9=1),  # 249
    _order("A-1003", "C-1", "open", "2024-02-02T08:00:00Z", CB_3=3),  # 22.5
    _order("A-1004", "C-3", "paid", "2024-02-14T18:45:00Z", KB_1=2, CB_3=1),  # 107.3
    _order("A-1005", "C-4", "late", "2024-02-29T23:30:00Z", HD_5=1),  # 129.99
    _order("A-1006", "C-2", "paid", "2024-03-10T07:15:00Z", MS_2=1),  # 19.95
    _order("A-1007", "C-5", "cancelled", "2024-03-11T12:00:00Z", MN_9=2),  # 498
    _order("A-1008", "C-3", "late", "2024-03-31T01:30:00Z", KB_1=1, HD_5=1),  # 179.89
    _order("A-1009", "C-1", "open", "2024-04-01T10:10:00Z", MS_2=4),  # 79.8
    _order("A-1010", "C-4", "paid", "2024-04-05T16:20:00Z", MN_9=1, CB_3=2),  # 264
]

CUSTOMERS: Final[list[Record]] = [
    {
        "id": "C-1",
        "name": "Ada Lindqvist",
        "email": "ada@example.com",
        "country": "SE",
        "tier": "gold",
        "address": {"city": "Göteborg", "zip": "411 03"},
    },
    {
        "id": "C-2",
        "name": "Bruno Keller",
        "email": "bruno@example.de",
        "country": "DE",
        "tier": "silver",
        "address": None,
    },
    {
        "id": "C-3",
        "name": "Chloé Martin",
        "email": "chloe@example.fr",
        "country": "FR",
        "tier": "gold",
        "address": {"city": "Lyon", "zip": "69001"},
    },
    {
        "id": "C-4",
        "name": "Dan O'Neill",
        "email": None,
        "country": "US",
        "tier": "bronze",
        "address": {"city": "Boston", "zip": "02108"},
    },
    {
        "id": "C-5",
        "name": "Emi Sato",
        "email": "emi@example.jp",
        "country": "JP",
        "tier": "silver",
        "address": {"city": "Tokyo", "zip": "100-0001"},
    },
]

_WEATHER: Final = {
    "Berlin": (4, "rain", 87),
    "Stockholm": (-2, "snow", 91),
    "Madrid": (17, "sunny", 40),
    "Tokyo": (11, "cloudy", 55),
    "New York": (6, "windy", 62),
}

_MAIL: Final[list[Record]] = [
    {
        "id": 1,
        "from": "ada@example.com",
        "subject": "Where is my order A-1003?",
        "date": "2024-02-05T10:00:00Z",
        "unread": True,
    },
    {
        "id": 2,
        "from": "billing@supplier.test",
        "subject": "Invoice 2024-017",
        "date": "2024-02-06T08:12:00Z",
        "unread": False,
    },
    {
        "id": 3,
        "from": "chloe@example.fr",
        "subject": "Re: Livraison retardée",
        "date": "2024-04-02T07:40:00Z",
        "unread": True,
    },
    {
        "id": 4,
        "from": "billing@supplier.test",
        "subject": "Invoice 2024-031",
        "date": "2024-03-07T08:10:00Z",
        "unread": True,
    },
    {
        "id": 5,
        "from": "dan@mail.test",
        "subject": "Refund for A-1005 and A-1010",
        "date": "2024-04-09T21:55:00Z",
        "unread": False,
    },
]

_BODIES: Final = {
    1: "Hi,\nmy order A-1003 has not arrived.\nCould you check?\n\nAda",
    2: "Invoice 2024-017\nAmount due: EUR 1,250.00\nDue date: 2024-03-06",
    3: "Bonjour,\nla commande A-1008 est en retard.\nMerci, Chloé",
    4: "Invoice 2024-031\nAmount due: EUR 980.50\nDue date: 2024-04-06",
    5: "Please refund A-1005 (129.99 USD) and A-1010 (15.00 USD). Call +1 617-555-0134.",
}

FILES: Final = {
    "/data/sales.csv": (
        "region,product,units,price\nNorth,Keyboard,12,49.90\nSouth,Mouse,30,19.95\n"
        'North,"Monitor, 27""",4,249.00\nEast,Mouse,7,19.95\nSouth,Keyboard,5,49.90\n'
    ),
    "/data/config.json": (
        '{"service": "shop", "retries": 3, "features": {"beta": true, "limits": [10, 20]}}'
    ),
    "/logs/app.log": (
        "2024-03-01T10:00:00Z INFO  [web] GET /orders 200 12ms\n"
        "2024-03-01T10:00:01Z ERROR [db] connection lost (code=E_CONN)\n"
        "2024-03-01T10:00:03Z WARN  [web] GET /orders 503 1500ms\n"
        "2024-03-01T10:00:04Z INFO  [db] reconnected\n"
        "2024-03-01T10:00:05Z INFO  [web] POST /orders 201 48ms\n"
        "2024-03-01T10:00:09Z ERROR [mail] timeout (code=E_TIME)\n"
    ),
    "/web/prices.html": (
        '<html><body><h1>Prices &amp; stock</h1><table id="prices">\n'
        '<tr><th>SKU</th><th>Price</th></tr>\n<tr><td>KB-1</td><td class="p">€49.90</td></tr>\n'
        '<tr><td>MN-9</td><td class="p">€249.00</td></tr>\n</table>\n'
        '<a href="https://shop.example/kb?ref=1&amp;x=2">Keyboard</a> <a href="/help">Help</a>\n'
        "</body></html>"
    ),
    "/notes/todo.md": (
        "# Todo\n\n## Today\n- [x] call Ada\n- [ ] refund A-1005\n\n## Later\n- [ ] order cables\n"
        "- [x] clean desk\n- [ ] plan Q3\n"
    ),
    "/data/events.ndjson": (
        '{"user":"ada","type":"view","ms":120}\n{"user":"bruno","type":"buy","ms":340}\n'
        'not json\n{"user":"ada","type":"buy","ms":95}\n'
    ),
}

_PAGES: Final[list[Record]] = [
    {
        "title": "WebAssembly in ten minutes",
        "url": "https://blog.example/wasm?utm_source=x",
        "snippet": "A short tour of modules.",
        "score": 0.92,
    },
    {
        "title": "QuickJS internals",
        "url": "https://docs.example/quickjs#gc",
        "snippet": "How the engine counts references.",
        "score": 0.88,
    },
    {
        "title": "Durable agents",
        "url": "https://blog.example/agents",
        "snippet": "Agents that survive restarts.",
        "score": 0.71,
    },
]


def make_tools() -> list[Callable[..., Any]]:
    """The world's tools, afresh: what failed at first fails again."""
    asked: Counter[str] = Counter()

    def get_order(order_id: str) -> Record:
        """Looks up one order by its id, such as A-1001."""
        return _find(ORDERS, "order", order_id)

    def list_orders(status: Status | None = None, page: int = 1, page_size: int = 4) -> Record:
        """Lists orders, oldest first, a page at a time; next_page is null on the last."""
        found = [order for order in ORDERS if status in (None, order["status"])]
        end = page * page_size
        return {
            "orders": found[end - page_size : end],
            "total_count": len(found),
            "next_page": page + 1 if end < len(found) else None,
        }

    def get_customer(customer_id: str) -> Record:
        """Looks up one customer by id, such as C-1."""
        return _find(CUSTOMERS, "customer", customer_id)

    def search_customers(query: str) -> list[Record]:
        """Finds customers whose name contains the query, ignoring case."""
        return [each for each in CUSTOMERS if query.lower() in each["name"].lower()]

    async def get_weather(city: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> Record:
        """Tells today's weather in a city."""
        if city not in _WEATHER:
            raise ValueError(f"Unknown city: {city}")
        celsius, conditions, humidity = _WEATHER[city]
        temp = celsius if unit == "celsius" else round(celsius * 9 / 5 + 32, 1)
        return {"city": city, "temp": temp, "conditions": conditions, "humidity": humidity}

    async def get_forecast(city: str, days: int = 3) -> list[Record]:
        """Tells a city's next days, from 2024-04-10 on."""
        celsius = _WEATHER[city][0]
        changes = (0, 1.5, -2, 3, 0.5)
        return [
            {"date": f"2024-04-{10 + day}", "high": celsius + changes[day], "low": celsius - 4}
            for day in range(min(days, len(changes)))
        ]

    def list_mail(unread_only: bool = False) -> list[Record]:
        """Lists the mails in the inbox, without their bodies."""
        return [mail for mail in _MAIL if mail["unread"] or not unread_only]

    def read_mail(mail_id: int) -> Record:
        """Reads a mail with its body."""
        mail = _find(_MAIL, "mail", mail_id)
        return {**mail, "body": _BODIES[mail_id]}

    def send_mail(to: str, subject: str, body: str = "") -> Record:
        """Sends a mail."""
        if "@" not in to:
            raise ValueError(f"Invalid address: {to}")
        return {"status": "queued", "to": to, "subject": subject, "size": len(body)}

    def list_files(folder: str = "/") -> list[str]:
        """Lists the paths of all files below a folder."""
        return [path for path in FILES if path.startswith(folder)]

    def read_file(path: str) -> str:
        """Reads a file's text."""
        if path not in FILES:
            raise FileNotFoundError(f"No such file: {path}")
        return FILES[path]

    async def web_search(query: str, max_results: int = 5) -> list[Record]:
        """Searches the web."""
        del query
        return _PAGES[:max_results]

    async def get_quote(symbol: str) -> Record:
        """Tells a share's price. The service is unreliable; try again when it fails."""
        asked[symbol] += 1
        if asked[symbol] <= 2:
            raise RuntimeError("503 Service Unavailable")
        return {"symbol": symbol, "price": 101.25, "tries": asked[symbol]}

    def run_sql(query: str) -> str:
        """Runs a query against the warehouse; gives rows as JSON text."""
        del query
        rows = [
            {"month": "2024-01", "revenue": "338.80"},
            {"month": "2024-02", "revenue": "259.79"},
        ]
        return json.dumps(rows)

    return [
        get_order,
        list_orders,
        get_customer,
        search_customers,
        get_weather,
        get_forecast,
        list_mail,
        read_mail,
        send_mail,
        list_files,
        read_file,
        web_search,
        get_quote,
        run_sql,
    ]


def _find(records: list[Record], kind: str, record_id: str | int) -> Record:
    for record in records:
        if record["id"] == record_id:
            return record
    raise ValueError(f"No {kind} with id {record_id}")


async def _serve() -> None:
    tools: dict[str, Callable[..., Any]] = {}
    for line in sys.stdin:
        call = json.loads(line)
        if call["name"] == "$begin":
            tools = {_camel(tool.__name__): tool for tool in make_tools()}
            reply: Record = {"value": list(tools)}
        else:
            reply = await _reply(tools[call["name"]], call["args"])
        print(json.dumps(reply), flush=True)


async def _reply(tool: Callable[..., Any], args: Record) -> Record:
    try:
        value = tool(**args)
        return {"value": await value if inspect.isawaitable(value) else value}
    except Exception as error:  # whatever a tool raises is an answer
        return {"error": str(error)}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


if __name__ == "__main__":
    asyncio.run(_serve())
