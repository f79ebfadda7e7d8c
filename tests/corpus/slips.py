"""Programs with real mistakes, and what the answer must say for a model to mend them at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Slip:
    """A program that cannot do what was meant.

    Attributes:
        name: What was done wrong.
        source: The program.
        says: Words that the answer must have, in any case, such as what to write instead.
        line: The line that it must name.
    """

    name: str
    source: str
    says: tuple[str, ...] = ()
    line: int | None = None

    def __str__(self) -> str:
        return self.name


_NAMES: Final = (
    Slip(
        "the tool's name as in Python",
        'const order = await tools.get_order({ order_id: "A-1001" });\norder.total',
        ("get_order", "getOrder"),
    ),
    Slip(
        "the plural of a tool's name",
        'const o = await tools.getOrders({ order_id: "A-1001" });\no.total',
        ("getOrders", "getOrder"),
    ),
    Slip(
        "another word for a tool",
        'await tools.sendEmail({ to: "ada@example.com", subject: "Hi" });',
        ("sendEmail", "sendMail"),
    ),
    Slip(
        "another verb for a tool",
        'const c = await tools.fetchCustomer({ customer_id: "C-1" });\nc.name',
        ("fetchCustomer", "getCustomer"),
    ),
    Slip(
        "a tool without `tools`",
        'const w = await getWeather({ city: "Berlin" });\nw.temp',
        ("tools.getWeather",),
    ),
    Slip(
        "a tool in camel case without `tools`, in a callback",
        'const xs = await Promise.all(["C-1"].map(id => getCustomer({ customer_id: id })));\nxs',
        ("tools.getCustomer",),
    ),
)

_ARGUMENTS: Final = (
    Slip(
        "an argument in camel case",
        'const order = await tools.getOrder({ orderId: "A-1001" });\norder.total',
        ("orderId", "order_id"),
    ),
    Slip(
        "an argument in camel case beside a right one",
        'await tools.listOrders({ status: "late", pageSize: 10 });',
        ("pageSize", "page_size"),
    ),
    Slip(
        "an argument by position",
        'const order = await tools.getOrder("A-1001");\norder.total',
        ("order_id",),
    ),
    Slip("no arguments", "await tools.getOrder();", ("order_id",)),
    Slip(
        "an argument of another type", 'await tools.readMail({ mail_id: "first" });', ("mail_id",)
    ),
    Slip(
        "a value that is not offered",
        'await tools.listOrders({ status: "shipped" });',
        ("status", "cancelled"),
    ),
    Slip(
        "an argument that is nearly right",
        'await tools.getWeather({ city: "Berlin", units: "celsius" });',
        ("units", "unit"),
    ),
    Slip(
        "an argument that is missing",
        "const id = undefined;\nawait tools.getCustomer({ customer_id: id });",
        ("customer_id",),
    ),
)

_AWAIT: Final = (
    Slip(
        "a forgotten await: a number",
        'const order = tools.getOrder({ order_id: "A-1001" });\norder.total.toFixed(2)',
        ("await",),
    ),
    Slip(
        "a forgotten await: a list in the result",
        'const order = tools.getOrder({ order_id: "A-1001" });\norder.items.map((i) => i.sku)',
        ("await",),
    ),
    Slip(
        "a forgotten await: the property is the result",
        'tools.getOrder({ order_id: "A-1001" }).total',
        ("await",),
    ),
    Slip(
        "a forgotten await: a method of lists",
        "const unread = tools.listMail().filter((m) => m.unread);\nunread.length",
        ("await",),
    ),
    Slip(
        "a forgotten await: a loop",
        "let n = 0;\nfor (const mail of tools.listMail()) n++;\nn",
        ("await",),
    ),
    Slip("a forgotten await: a spread", "[...tools.listFiles({})].length", ("await",)),
    Slip(
        "a forgotten await: destructuring",
        "const { orders } = tools.listOrders({});\norders.length",
        ("await",),
    ),
    Slip(
        "await in a function that is not async",
        'function load(id) {\n  return await tools.getOrder({ order_id: id });\n}\nload("A-1001")',
        ("async",),
        2,
    ),
    Slip(
        "await in an arrow function that is not async",
        'const xs = ["A-1001"];\nxs.map(id => await tools.getOrder({ order_id: id }))',
        ("async",),
        2,
    ),
    Slip(
        "await in a callback's body",
        'const xs = ["A-1001"];\nxs.forEach((id) => {\n'
        "  const o = await tools.getOrder({ order_id: id });\n  console.log(o.id);\n});",
        ("async",),
        3,
    ),
    Slip(
        "await in a method that is not async",
        "class Shop {\n  count() {\n    const r = await tools.listOrders({});\n"
        "    return r.total_count;\n  }\n}\nnew Shop().count()",
        ("async",),
        3,
    ),
)

_ELSEWHERE: Final = (
    Slip("a static import", 'import fs from "fs";\nfs.readFileSync("/x")', ("import", "tools")),
    Slip(
        "an import of names",
        'import { groupBy } from "lodash";\ngroupBy([1], (x) => x)',
        ("import",),
    ),
    Slip(
        "a dynamic import",
        'const _ = await import("lodash");\n_.chunk([1], 1)',
        ("lodash", "tools"),
    ),
    Slip("require", 'const fs = require("fs");\nfs.readFileSync("/x")', ("require", "tools")),
    Slip("fetch", 'const r = await fetch("https://x.test");\nawait r.json()', ("fetch", "tools")),
    Slip("process", "const key = process.env.API_KEY;\nkey", ("process",), 1),
    Slip("document", 'document.querySelector("h1").textContent', ("document",)),
    Slip(
        "a namespace", "namespace Shop {\n  export const vat = 0.19;\n}\nShop.vat", ("namespace",)
    ),
    Slip(
        "a decorator",
        "function log(t: any) { return t; }\n@log\nclass A { x: number = 1 }\nnew A().x",
        ("decorator",),
    ),
)

_PYTHON: Final = (
    Slip("print", 'print("hello")', ("print is not defined",), 1),
    Slip("len", "const xs = [1, 2];\nlen(xs)", ("len is not defined",), 2),
    Slip("True", "const ok = True;\nok", ("True is not defined",), 1),
    Slip("None", "const x = None;\nx", ("None is not defined",), 1),
    Slip("def", "def f(x):\n    return x\n\nf(1)", ("SyntaxError",), 1),
)

_PLACES: Final = (
    Slip(
        "a bracket that is not closed",
        "const xs = [1, 2, 3];\nconst total = xs.reduce((a, b) => a + b, 0;\ntotal",
        ("SyntaxError",),
        2,
    ),
    Slip(
        "a brace that is not closed",
        "function f() {\n  if (true) {\n    return 1;\n}\nf()",
        ("SyntaxError",),
        5,
    ),
    Slip(
        "a text that is not closed",
        'const a = 1;\nconst s = "hello;\ns',
        ("SyntaxError",),
        2,
    ),
    Slip(
        "a constant that is changed",
        "const total = 0;\nfor (const x of [1, 2]) {\n  total += x;\n}\ntotal",
        ("total",),
        3,
    ),
    Slip(
        "a name declared twice",
        "const rows = [1];\nconst rows = [2];\nrows",
        ("rows",),
        2,
    ),
    Slip("a name used too early", "console.log(rate);\nconst rate = 1;", ("rate",), 1),
    Slip(
        "a property of null",
        'const c = await tools.getCustomer({ customer_id: "C-2" });\nc.address.city',
        ("city", "null"),
        2,
    ),
    Slip(
        "a page taken for a list",
        "const orders = await tools.listOrders({});\norders.map((o) => o.id)",
        ("not a function",),
        2,
    ),
    Slip(
        "a result parsed again",
        'const o = JSON.parse(await tools.getOrder({ order_id: "A-1001" }));\no.total',
        ("JSON.parse",),
        1,
    ),
    Slip(
        "a tool's error that is not caught",
        'const ids = ["A-1001", "A-9999"];\nfor (const id of ids) {\n'
        "  await tools.getOrder({ order_id: id });\n}",
        ("No order with id A-9999",),
        3,
    ),
    Slip("a text that is thrown", 'throw "no orders today";', ("no orders today",)),
)

_LIMITS: Final = (
    Slip("a loop without end", "let i = 0;\nwhile (i >= 0) i++;", ("Timeout",)),
    Slip("a recursion without end", "const f = (n) => f(n + 1) + 1;\nf(0)", ("stack",)),
    Slip("a promise that nothing settles", "await new Promise(() => {});", ("Deadlock", "promise")),
    Slip(
        "more than the memory",
        "const all = [];\nwhile (true) all.push(new Array(100000).fill(0));",
        ("memory",),
    ),
    Slip(
        "too many calls",
        'for (let i = 0; i < 300; i++) await tools.getWeather({ city: "Berlin" });',
        ("256",),
    ),
    Slip(
        "a language that there is no data for",
        'new Date(0).toLocaleDateString("hu-HU", { month: "long" })',
        ("hu-HU", "en-US"),
    ),
    Slip(
        "a time zone that there is none of",
        'new Date(0).toLocaleString("en-US", { timeZone: "Europe/Atlantis" })',
        ("Europe/Atlantis",),
    ),
)

SLIPS: Final = (
    *_NAMES,
    *_ARGUMENTS,
    *_AWAIT,
    *_ELSEWHERE,
    *_PYTHON,
    *_PLACES,
    *_LIMITS,
)
