"""A grammar of programs in TypeScript: wider than `annotated`, and nobody knows what they are without types."""

# ruff: noqa: E501  (tables of templates)

from __future__ import annotations

import random
import re
from typing import Final

__all__ = ["program"]

# `%Name%` is one of what that name may be; a blank may become a comment.
_GRAMMAR: Final[dict[str, tuple[str, ...]]] = {
    "Name": ("a", "b", "c", "f", "o"),
    "Word": ("type", "declare", "abstract", "as", "of", "satisfies", "is", "asserts", "number", "any"),
    "Value": ("%Name%", "%Name%", "%Word%", "1", "'s'", "`t${ %Name% }`", "/r>/.test('r>')", "null"),
    "Expression": (
        "%Value%", "%Value%", "( %Expression% )", "%Expression% + %Expression%", "%Expression% < %Expression%",
        "%Expression% / %Expression%", "%Expression% ? %Expression% : %Expression%", "%Expression% ? ( %Name% ) : %Expression%",
        "%Expression% ? ( %Name% ) : %Name% => %Expression%", "%Expression% ? ( %Name% : %Type% ) : %Type% => %Expression% : %Expression%",
        "%Expression% ? async ( %Name% ) : async ( %Name% : %Type% ) : %Type% => %Expression%", "[ %Expression% , ...[ %Expression% ] ]",
        "%Expression% as %Type%", "%Expression% satisfies %Type%", "%Expression% as const", "%Name% !", "! %Name% !", "%Name% ! . p", "%Name% ?. p ! . q",
        "< %Type% > %Value%", "f < %Type% > ( %Expression% )", "f < %Type% , %Type% >`x${ %Expression% }`", "new o . C < %Type% >", "f ?.< %Type% > ( %Expression% )",
        "%Arrow%", "( %Arrow% ) ( %Expression% )", "%Function%", "( { %Property% , %Property% } )", "class %Class%",
        "%Name% = %Expression%", "( %Name% as %Type% ) = %Expression%", "[ %Name% as %Type% , o . p ! ] = [ %Expression% ]", "( { p : %Name% as %Type% , ...c } = o )",
    ),
    "Arrow": (
        "%Name% => %Expression%", "( %Parameters% ) => %Expression%", "( %Parameters% ) : %Result% => %Expression%", "< %Generic% >( %Parameters% ) : %Result% => { %Statement% }",
        "async < %Generic% >( ) => ( { %Property% } )", "( ) : ( ) => %Type% => %Arrow%", "( ) : ( %Type% ) [ ] => %Expression%",
    ),
    "Function": ("function < %Generic% > ( this : %Type% , %Name% : %Type% ) : %Result% { return %Expression% }", "async function ( %Parameters% ) { %Statement% }"),
    "Parameters": ("", "%Name%", "%Name% : %Type%", "%Name% ? : %Type%", "%Name% : %Type% = %Expression%", "{ p , q : [ r ] = [ ] } : %Type% = { }", "... %Name% : %Type%"),
    "Property": ("p : %Expression%", "p < %Generic% > ( %Parameters% ) : %Result% { %Statement% }", "get p ( ) : %Type% { return %Expression% }", "async < T > ( ) { }", "... o", "[ %Expression% ] : 1"),
    "Class": (
        "< %Generic% > { %Member% ; %Member% }", "D < %Generic% > implements A , B < %Type% > { %Member% ; %Member% }", "extends o . C < %Type% > { %Member% \n %Member% }",
    ),
    "Member": (
        "p : %Type% = %Expression%", "static readonly %Word% ? : %Type% = %Expression%", "private static %Word% ! : %Type% = 1", "declare q : %Type%", "abstract",
        "[ k : string ] : %Type%", "public m < %Generic% > ( %Parameters% ) : %Result% { %Statement% }", "m ( a : %Type% ) : %Type% ; m ( ) { }", "get g ( ) : %Type% { return 1 }", "#h : %Type% = %Expression%",
    ),
    "Generic": ("T", "T , U", "T extends %Type%", "T = %Type% ,", "const T extends %Type%"),
    "Result": ("%Type%", "%Type%", "a is %Type%", "asserts a", "asserts a is %Type%"),
    "Type": (
        "A", "%Word%", "number", "null", "this", "'s'", "-1", "`a${ %Type% }`", "A . B < %Type% >", "A < A < %Type% > >", "%Type% [ ]", "%Type% | %Type%", "( %Type% | %Type% )", "| %Type% & %Type%",
        "keyof %Type%", "readonly %Type% [ ]", "typeof a . b < %Type% >", "import ( 'm' ) . A", "( ( ) => %Result% )", "( ( a : %Type% , ... b : %Type% ) => %Type% )", "( new ( { p } : %Type% ) => %Type% )",
        "[ %Type% , a ? : %Type% ]", "[ function : %Type% , ... of : %Type% ]", "{ a : %Type% ; readonly b ? : %Type% }", "{ m < %Generic% > ( a ? : %Type% ) : %Result% \n get : %Type% , new ( ) : %Type% }",
        "{ - readonly [ K in keyof %Type% as %Type% ] ? : %Type% }", "( %Type% extends %Type% ? %Type% : %Type% )", "( A extends [ infer B extends %Type% , ...infer C ] ? B : C )", "( A extends ( ) => infer B ? B : %Type% )",
    ),
    "Statement": (
        "%Expression% ;", "%Expression% ;", "let v : %Type% = %Expression% ;", "const { p : w , ...x } : %Type% = o ;", "let u ! : %Type% ;", "for ( const i of < %Type% > [ %Expression% ] ) { %Statement% }", "for ( const i of [ %Expression% ] as %Type% ) { %Statement% }",
        "try { %Statement% } catch ( e : any ) { %Statement% }", "if ( %Expression% ) { %Statement% }", "throw %Expression% as %Type% ;", "{ type %Word% < %Generic% > = %Type% ; }", "{ interface A < %Generic% > extends B , C < %Type% > { a : %Type% } }",
        "{ function g ( a : %Type% ) : %Type% ; function g ( a ) { return a } g ( %Expression% ) }", "{ abstract class E { abstract m ( ) : %Type% ; %Member% } }", "%Word% \n %Name% = %Expression% ;", "%Name% \n ! %Name% ;",
    ),
}  # fmt: skip
_NAME: Final = re.compile(r"%(\w+)%")
_HEAD: Final = (
    "var a = 1, b = 'b', c = [3], f = (...xs) => xs.length, o = { p: 4, C: class {} }, "
    + ", ".join(f"{word} = {n}" for n, word in enumerate(_GRAMMAR["Word"]))
    + ";"
)


def _filled(template: str, depth: int, draw: random.Random) -> str:
    def one(match: re.Match[str]) -> str:
        choices = _GRAMMAR[match[1]]
        leaves = [each for each in choices if "%" not in each] or list(choices[:3])
        return _filled(draw.choice(choices if depth > 0 else leaves), depth - 1, draw)

    return _NAME.sub(one, template)


def program(seed: int) -> str:
    """A program, always the same for a seed; it may be none, or fail when it runs."""
    draw = random.Random(seed)
    statements = "".join(f"{_filled('%Statement%', 5, draw)}\n" for _ in range(3))
    often = draw.choice((0, 0, 0.05))
    spaced = re.sub(" ", lambda _: " /* > */ " if draw.random() < often else " ", statements)
    return f"{_HEAD}\n{spaced}[a, b, c, o].map((value) => (value === 4 ? value : typeof value))"
