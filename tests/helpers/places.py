"""Programs that call `pay` once, with the place in their source where they do."""

from __future__ import annotations

from typing import Final

PLACES: Final[dict[str, tuple[str, tuple[int, int] | None]]] = {
    "the first line": ("await tools.pay({ to: 'a', amount: 1 })", (1, 13)),
    "a later line": ("const x = 1;\nawait tools.pay({ to: 'a', amount: x })", (2, 13)),
    "arguments of several lines": (
        "const x = 1;\nawait tools.pay({\n  to: String('a'),\n  amount: Math.max(x, 1),\n})",
        (2, 13),
    ),
    "arguments that wait": (
        "await tools.pay({\n  to: await Promise.resolve('a'),\n  amount: await 1,\n})",
        (1, 13),
    ),
    "spread arguments": ("\nawait tools.pay(...[\n  { to: 'a',\n amount: 1 },\n])", (2, 13)),
    "a chain of lines": ("const r = await tools\n  .pay({ to: 'a', amount: 1 })", (2, 4)),
    "a helper": (
        "async function pay(to) {\n  const amount = 1;\n  return tools.pay({ to, amount });\n}\n"
        "\nawait pay('a')",
        (3, 16),
    ),
    "a helper that is no async function": (
        "const pay = (to) =>\n  tools.pay({ to, amount: 1 });\n\nawait pay('a')",
        (2, 9),
    ),
    "a method": (
        "class Till {\n  #to = 'a';\n  pay() {\n"
        "    return tools.pay({ to: this.#to, amount: 1 });\n  }\n}\nawait new Till().pay()",
        (4, 18),
    ),
    "a map of async functions": (
        "const all = ['a'].map(async (to) => {\n  await null;\n"
        "  return await tools.pay({ to, amount: 1 });\n});\nawait Promise.all(all)",
        (3, 22),
    ),
    "Promise.all": (
        "await Promise.all([\n  1,\n  tools.pay({ to: 'a', amount: 1 }),\n  2,\n])",
        (3, 9),
    ),
    "a callback of then": (
        "await Promise.resolve('a').then((to) =>\n  tools.pay({ to, amount: 1 }))",
        (2, 9),
    ),
    "a timer": (
        "await new Promise((done) => setTimeout(() => {\n"
        "  tools.pay({ to: 'a', amount: 1 }).then(done);\n}, 1))",
        (2, 9),
    ),
    "a generator": (
        "function* steps() {\n  yield 1;\n  yield tools.pay({ to: 'a', amount: 1 });\n}\n"
        "for (const step of steps()) await step",
        (3, 15),
    ),
    "a getter": (
        "const till = {\n  get paid() {\n    return tools.pay({ to: 'a', amount: 1 });\n  }\n};\n"
        "await till.paid",
        (3, 18),
    ),
    "another name": ("const { pay } = tools;\n\nawait pay({ to: 'a', amount: 1 })", (3, 7)),
    "a bound function": (
        "const pay = tools.pay.bind(null, { to: 'a', amount: 1 });\n\nawait pay()",
        (3, 7),
    ),
    "the tool itself as a callback": (
        "const all = [{ to: 'a', amount: 1 }];\nawait Promise.all(\n  all.map((tools.pay)))",
        (3, 7),
    ),
    "text that is evaluated": (
        "\nawait eval('1;\\n\\n\\ntools.pay({ to: \"a\", amount: 1 })')",
        (2, 7),
    ),
    "lines that end in all ways": (
        "1;\r\n2;\r3;\u20284;\u2029await tools.pay({ to: 'a', amount: 1 })",
        (5, 13),
    ),
    "no line at all": ("await Promise.resolve({ to: 'a', amount: 1 }).then(tools.pay)", None),
}


def units(text: str) -> int:
    """How many UTF-16 code units a text has, in which JavaScript counts columns."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
