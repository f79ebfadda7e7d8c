"""Checks that each file of the prelude says what it uses and gives, and stands behind what it uses.

The files are joined in the order of their names into one function, so that each could use whatever
stands anywhere. Here they are read as if they were modules. The comment that a file begins with
ends in lines like these:

    // from 10-primordials: *
    // from 30-text: quote split
    // gives: formatNumber formatPrimitive

A file uses only what earlier files give (`host` comes from C, and `*` is whatever is used of the
built-ins that were kept), and no global that a script could have replaced. No local has a name of
the prelude, so that a reader who looks for a name finds one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

BUILT_INS = "10-primordials"
HOST = "host"  # what C gives: the parameter of the function that the files are joined into
_WIDTH = 100
_ALWAYS_THERE = frozenset({HOST, "globalThis", "arguments", "NaN", "Infinity"})

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<text>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)
      | (?P<number>\d[\w.]*)
      | (?P<name>\#?[^\W\d][\w$]*|\$)
      | (?P<mark>=>|\.\.\.|\?\.|[^\w\s])""",
    re.VERBOSE | re.DOTALL,
)
_WORD = re.compile(r"\w+")
_REGEXP = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
_KEYWORDS = frozenset(
    _WORD.findall(
        "await break case catch class const continue default delete do else extends false finally "
        "for function get if in instanceof let new null of return set static super switch this "
        "throw true try typeof undefined void while yield"
    )
)
_BEFORE_VALUE = frozenset(
    _WORD.findall("return typeof case in of delete void throw new else do await")
)
_OPENING, _CLOSING = "([{", ")]}"


class PreludeError(SystemExit):
    """A file of the prelude does not say what it does; the text says what to write."""


@dataclass
class Part:
    """One file of the prelude.

    Attributes:
        name: Its name, without `.js`.
        declared: The names that it declares for all files behind it.
        local: The names that it declares anywhere else.
        referenced: The names that it refers to.
        says: What its header says: names under `from ...` and `gives`.
    """

    name: str
    declared: set[str] = field(default_factory=set)
    local: set[str] = field(default_factory=set)
    referenced: set[str] = field(default_factory=set)
    says: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, source: str) -> Part:
        """Reads a file."""
        part = cls(name)
        part._read_header(source)
        _Reader(part, list(_tokens(source))).read()
        return part

    def _read_header(self, source: str) -> None:
        """Lines `// word: names`, each perhaps with more lines that are indented."""
        header = re.match(r"(?://[^\n]*\n)*", source)
        said: set[str] | None = None
        for line in header[0].splitlines() if header else ():
            if found := re.fullmatch(r"// (from \S+|gives): (.+)", line):
                said = self.says.setdefault(found[1], set())
                said.update(found[2].split())
            elif said is not None and line.startswith("//   "):
                said.update(line[2:].split())


def _tokens(source: str) -> Iterator[str]:
    """The tokens of a source; texts and regular expressions are each one that begins so."""
    at, last = 0, ""
    while at < len(source):
        value_ends = last in (")", "]", "}") or (last[-1:].isalnum() and last not in _BEFORE_VALUE)
        if source[at] == "/" and source[at + 1] not in "/*" and not value_ends:
            match = _REGEXP.match(source, at)
        else:
            match = _TOKEN.match(source, at)
        if match is None:
            raise PreludeError(f"the prelude has what cannot be read: {source[at : at + 40]!r}")
        at = match.end()
        if match.lastgroup != "space":
            last = "''" if match.lastgroup == "text" else match[0]
            yield last


class _Reader:
    """Finds what the tokens of one file declare and refer to."""

    def __init__(self, part: Part, tokens: Sequence[str]) -> None:
        self.part = part
        self.tokens = tokens
        self.closing = self._matches()

    def _matches(self) -> Mapping[int, int]:
        """Where each bracket closes."""
        open_ones: list[int] = []
        found: dict[int, int] = {}
        for index, word in enumerate(self.tokens):
            if word in _OPENING:
                open_ones.append(index)
            elif word in _CLOSING:
                found[open_ones.pop()] = index
        return found

    def at(self, index: int) -> str:
        return self.tokens[index] if 0 <= index < len(self.tokens) else ""

    def read(self) -> None:
        depth = 0
        for index, word in enumerate(self.tokens):
            depth += (word in _OPENING) - (word in _CLOSING)
            names = self.part.local if depth else self.part.declared
            if word in ("const", "let"):
                names.update(self._declarators(index + 1))
            elif word in ("function", "class") and self._is_name(index + 1):
                names.add(self.at(index + 1))
            elif word == "(" and self._is_parameters(index):
                self.part.local.update(self._pattern(index))
            elif self._is_name(index):
                if self.at(index + 1) == "=>":
                    self.part.local.add(word)
                elif not self._is_key(index):
                    self.part.referenced.add(word)

    def _is_name(self, index: int) -> bool:
        word = self.at(index)
        return re.match(r"[^\W\d]", word) is not None and word not in _KEYWORDS

    def _is_key(self, index: int) -> bool:
        before, after = self.at(index - 1), self.at(index + 1)
        if before in (".", "?."):
            return True
        if after == ":" and before in ("{", ","):
            return True
        return after == "(" and self.at(self.closing[index + 1] + 1) == "{"  # a method

    def _is_parameters(self, index: int) -> bool:
        before, after = self.at(index - 1), self.at(self.closing[index] + 1)
        return after == "=>" or (after == "{" and before not in ("if", "for", "while", "switch"))

    def _declarators(self, index: int) -> Iterator[str]:
        """The names of `a = 1, { b, c: d } = e`, up to the end of the declaration."""
        while True:
            if self.at(index) in _OPENING:
                yield from self._pattern(index)
                index = self.closing[index]
            else:
                yield self.at(index)
            while (word := self.at(index)) not in (",", ";", "of", ")", ""):
                index = self.closing[index] + 1 if word in _OPENING else index + 1
            if word != ",":
                return
            index += 1

    def _pattern(self, index: int) -> Iterator[str]:
        """The names between brackets; what defaults refer to may be among them."""
        for place in range(index + 1, self.closing[index]):
            named = self.at(place - 1) in ("(", "[", "{", ",", "...", ":")
            if named and self._is_name(place) and self.at(place + 1) != ":":
                yield self.at(place)


def check(sources: Mapping[str, str]) -> None:
    """Checks the files of the prelude.

    Args:
        sources: What is in each, by its name without `.js`, in the order in which they are joined.

    Raises:
        PreludeError: One uses what is not defined before it, or its header is not true.
    """
    parts = [Part.of(name, source) for name, source in sources.items()]
    headers = headers_of(parts)
    for part in parts:
        says = {name: sorted(names) for name, names in part.says.items()}
        if says != headers[part.name]:
            lines = "\n".join(header_lines(headers[part.name]))
            raise PreludeError(f"the comment that {part.name}.js begins with must end in:\n{lines}")


def headers_of(parts: Sequence[Part]) -> dict[str, dict[str, list[str]]]:
    """What the header of each file has to say: `from ...` and `gives`, each with its names.

    Raises:
        PreludeError: One uses what is not defined before it, or has a name twice.
    """
    order = {part.name: index for index, part in enumerate(parts)}
    giver = {name: part.name for part in parts for name in part.declared}
    headers: dict[str, dict[str, set[str]]] = {part.name: {} for part in parts}
    for part in parts:
        _check_names(part, giver)
        for name in part.referenced & giver.keys() - part.declared:
            theirs = giver[name]
            if order[theirs] > order[part.name]:
                raise PreludeError(f"{part.name} uses `{name}` of {theirs}, which comes later")
            shown = "*" if theirs == BUILT_INS else name
            headers[part.name].setdefault(f"from {theirs}", set()).add(shown)
            headers[theirs].setdefault("gives", set()).add(shown)
        if HOST in part.referenced:
            headers[part.name]["from C"] = {HOST}
    return {
        name: {word: sorted(names) for word, names in header.items()}
        for name, header in headers.items()
    }


def header_lines(header: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The lines of a header, what it uses first."""
    for word in sorted(header, key=lambda word: (word == "gives", word)):
        yield from wrap(
            f"{word}: {' '.join(header[word])}",
            width=_WIDTH,
            initial_indent="// ",
            subsequent_indent="//   ",
        )


def _check_names(part: Part, giver: Mapping[str, str]) -> None:
    """Refuses a local that hides a name of the prelude, and a global that scripts could replace."""
    for name in sorted(part.local & giver.keys()):
        raise PreludeError(f"{part.name}: its local `{name}` hides that of {giver[name]}")
    free = part.referenced - part.local - giver.keys() - _ALWAYS_THERE
    if free and part.name != BUILT_INS:
        raise PreludeError(f"{part.name} uses {sorted(free)}, which {BUILT_INS} does not keep")
