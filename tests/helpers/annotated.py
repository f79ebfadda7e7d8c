"""Small programs, each with and without types: what hypothesis draws."""

# ruff: noqa: E501  (the programs are written as models write them)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from hypothesis import strategies as st

__all__ = ["Annotated", "programs", "types"]


@dataclass(frozen=True, slots=True)
class Annotated:
    """Text with types in it, and the same without."""

    plain: str
    typed: str


def _both(template: str, *parts: Annotated) -> Annotated:
    """The template with `%` for each part; what is in `«»` stands in the typed text only."""
    plain = typed = ""
    rest = iter(parts)
    in_types = False
    for char in template:
        if char in "«»":
            in_types = char == "«"
        elif char == "%":
            part = next(rest)
            typed += part.typed
            plain += "" if in_types else part.plain
        else:
            typed += char
            plain += "" if in_types else char
    return Annotated(plain, typed)


def _made(template: str, *parts: st.SearchStrategy[Annotated]) -> st.SearchStrategy[Annotated]:
    return st.tuples(*parts).map(lambda drawn: _both(template, *drawn))


_LEAVES = (
    "number", "string[]", "'a'", "T", "A.B", "-1", "`a`", "this", "unique symbol", "null", "void",
    "import('m').X", "typeof x.y", "{}", "[]", "() => void", "A<B<C<D>>>", "{ a?: 1; b(): 2 }",
)  # fmt: skip
_SHAPES = (
    "% | %", "% & %", "(%)[]", "Array<%>", "Map<%, Array<%>>", "[a: %, b?: %]", "[...%[]]",
    "(x: %, y?: %) => %", "new (x: %) => %", "<U extends %>(x: U) => x is %", "{ a: %; b?: % }",
    "{ [k: string]: % }", "{ readonly [K in keyof (%)]-?: % }", "(%) extends infer V ? (%) : %",
    "keyof (%)", "readonly (%)[]", "(%)['a']", "`a${%}b`", "{ m<U>(x: %): %, get g(): % }",
)  # fmt: skip


def _fill(shape: str, part: str) -> str:
    return shape.replace("%", part, 1)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def filled(shape: str) -> st.SearchStrategy[str]:
        parts = st.tuples(*[inner] * shape.count("%"))
        return parts.map(lambda drawn: reduce(_fill, drawn, shape))

    return st.sampled_from(_SHAPES).flatmap(filled)


types = st.recursive(st.sampled_from(_LEAVES), _grown, max_leaves=6)

_type = types.map(lambda text: Annotated(text, text))
_name = st.sampled_from(["x", "y", "z"]).map(lambda text: Annotated(text, text))
_number = st.integers(0, 9).map(lambda value: Annotated(str(value), str(value)))


def _expressions(inner: st.SearchStrategy[Annotated]) -> st.SearchStrategy[Annotated]:
    one: Callable[..., Any] = _made
    return st.one_of(
        one("(% + %)", inner, inner),
        one("(% < %)", inner, inner),
        one("(% > (%))", inner, inner),
        one("(% ? % : %)", inner, inner, inner),
        one("(% ? (%) : %)", inner, inner, inner),
        one("(%« as %»)", inner, _type),
        one("(%« satisfies %»)", inner, _type),
        one("(%« as any as number» < %)", inner, inner),
        one("(«<%>»%)", _type, inner),
        one("(%)«!»", inner),
        one("[%, %«!»][% ? 1 : 0]", inner, inner, inner),
        one("`<${%« as %»}>`", inner, _type),
        one("((a«: %», b«?: %»)«: %» => a + %)(%)", _type, _type, _type, inner, inner),
        one("(% ? (a«: %») => a : (a«: %»)«: %» => %)(%)",
            inner, _type, _type, _type, inner, inner),
        one("(«<V extends %>»(a«: %») => %)«<%>»(%)", _type, _type, inner, _type, inner),
        one("(function« <V,>»(«this: %, »a«: %»)«: %» { return % })(%)",
            _type, _type, _type, inner, inner),
        one("({ a: % «as %», m«<V>»(b«: %»)«: %» { return b } }).m«<%>»(%)",
            inner, _type, _type, _type, _type, inner),
        one("new Set«<%>»([%«!»]).size", _type, inner),
        one("String«<%>»(%)", _type, inner),
    )  # fmt: skip


_expression = st.recursive(st.one_of(_name, _number), _expressions, max_leaves=6)

_statement: st.SearchStrategy[Annotated] = st.one_of(
    _made("{ const v«: %» = %; x = v«!»; }", _type, _expression),
    _made("{ let v«!: %», w«: %» = %; v = w; z = v; }", _type, _type, _expression),
    _made("{ const [v, { w }]«: %» = [%, { w: % }]; y = v + w; }", _type, _expression, _expression),
    _made("«type Q<T> = %;»", _type),
    _made("«interface Q<T> extends A<%> { a: %; m?(): % }»", _type, _type, _type),
    _made("«declare const q: %;»", _type),
    _made("{ «function f(a: %): %;»\nfunction f(a«?: %», ...b«: %»)«: %» { return % }\nz = f(%) }",
          _type, _type, _type, _type, _type, _expression, _expression),
    _made("for (const v of [%]« as %») { y = v; }", _expression, _type),
    _made("for (let i«: %» = 0; i < 2; i++) z = %;", _type, _expression),
    _made("try { null.p } catch (e«: %») { x = % }", _type, _expression),
    _made("{ «abstract» class C«<T>» «implements %» { «private readonly» p«: %» = %;\n"
          "«abstract q(): %;» «[k: string]: %;»\n «public» static s«<V>»(a«?: %»)«: %» { return % }\n"
          "get g()«: %» { return this.p«!» } }\nx = C.s«<%>»(%) }",
          _type, _type, _expression, _type, _type, _type, _type, _expression, _type, _type,
          _expression),
    _made("x = % ? y : z; «type» \n ;", _expression).map(
        lambda made: Annotated(made.plain, made.plain)),
)  # fmt: skip


@st.composite
def programs(draw: st.DrawFn) -> Annotated:
    """A program of some statements and the expression that it gives."""
    body = draw(st.lists(_statement, min_size=1, max_size=4))
    last = draw(_expression)
    lines = [Annotated("let x = 1, y = 2, z = 3;", "let x: number = 1, y = 2, z: any = 3;"), *body]
    plain = "\n".join([*(each.plain for each in lines), f"[x, y, z, {last.plain}]"])
    typed = "\n".join([*(each.typed for each in lines), f"[x, y, z, {last.typed}]"])
    return Annotated(plain, typed)
