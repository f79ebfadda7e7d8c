"""What TypeScript's own parser and the guest once read differently, as small as it could be made."""

# ruff: noqa: E501  (one line each)

from __future__ import annotations

from typing import Any, Final

import pytest

from langchain_quickjs.errors import ScriptError
from langchain_quickjs.interpreter import Interpreter

READ: Final[dict[str, Any]] = {
    # parentheses behind the colon of an arrow function
    "const f = (): (() => number) => () => 1;\nf()()": 1,
    "const f = (): (void) => { };\ntypeof f()": "undefined",
    "const f = (x: A): (A | null) => x;\nf(2)": 2,
    "const f = (x): ({ a: number; b?: string }) => x;\nf(3)": 3,
    "let b = 1, x = 0;\nconst g = x ? (b) : (c: A): (A | B) => c;\ng(4)": 4,
    # whether `(b) : c =>` is such a function
    "let a = 0, b = 1;\nconst g = a ? (b): Map<A, B> => new Map<A, B>() : 5;\ng": 5,
    "let a = 0, b = 1;\nconst g = a ? (b) : x => a ? (e: T): U => 6 : x;\ng(7)": 7,
    "let a = 0, b = 1;\nconst g = a ? (b) : x => b ? function (x): A { return 8 } : x;\ng()()": 8,
    "let a = 0, b = 1;\nconst g = a ? (b) : c => c\nlet z: number = 1\ng(9)": 9,
    "let a = 0, b = 1;\nconst g = a ? (b) : c => c!\nz: { let y: A = 1 }\ng(10)": 10,
    # what is assigned to
    "let x, y, o = {};\n[x as any, o.y as T] = [1, 2];\n[x, o.y]": [1, 2],
    "let x, y;\n({ a: x as T, ...y as U } = { a: 1, b: 2 });\n[x, y]": [1, {"b": 2}],
    "let x;\nfor (x as T of [1, 2]) ;\nx": 2,
    # classes
    "const C = class<T, const U extends V = W> { a: T = 3 };\nnew C<A>().a": 3,
    "class A { static declare a: number; static b = 1 }\n[Object.keys(A), A.b]": [["b"], 1],
    # lines and comments
    "let x: A = 1;\nlet y\n!x\ny = 7": 7,
    "const x: A = <\n  const\n>5;\nx": 5,
    "declare /* a */ enum E { A }\nconst enum /* b */ F { A = 6 }\nF.A": 6,
    # operators
    "const x: any = 1, y = 2;\nx as this < y": True,
    "type A<T,>= T;\nlet a: A<1> = 1;\na": 1,
    "let f: any = 6;\nf<A[]> / 2 + f<A[]> % 4": 5,
    # what says nothing
    "declare module 'm'; declare module 'n'\n1": 1,
    "declare const { a, b }: T, [c]: U;\n2": 2,
    "export type * as ns from 'm'\n3": 3,
}  # fmt: skip


@pytest.mark.parametrize("source", READ)
def test_it_is_read_as_typescript_reads_it(source: str) -> None:
    assert Interpreter().eval(source) == READ[source]


def test_type_arguments_of_a_template_are_no_comparison() -> None:
    source = "const sql = (parts) => parts.length;\nsql<User>`select ${1}`"
    assert Interpreter().eval(source) == 2
    assert Interpreter().eval("let a = 1, b = 2;\n[a < b, a < b > `0`]") == [True, True]


@pytest.mark.parametrize("callee", ["(0, o.f)!(1)", "(o.f)<A>(1)", "o['f']!<A>(1)"])
def test_a_call_is_made_at_its_parenthesis(callee: str) -> None:
    with pytest.raises(ScriptError) as caught:
        Interpreter().eval(f"const o: any = {{}};\n{callee}")
    assert (caught.value.line, caught.value.column) == (2, callee.index("(1)") + 1)
