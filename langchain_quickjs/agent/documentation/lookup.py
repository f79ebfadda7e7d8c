"""`tools.$search` and `tools.$describe`: what programs may ask about the tools they have.

The answers are functions of what is granted and of nothing else, so nobody has to keep them: a
program that is run again gets the same ones.
"""

from __future__ import annotations

import bisect
import difflib
import functools
import itertools
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, Final

from langchain.tools import ToolRuntime
from langchain_core.tools import BaseTool, InjectedToolArg
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from langchain_quickjs.agent.documentation.comments import one_line, size
from langchain_quickjs.agent.documentation.declarations import (
    SHORT,
    WHOLE,
    declared,
    facts_of,
    signature,
)
from langchain_quickjs.agent.documentation.in_budget import name_and_line
from langchain_quickjs.agent.documentation.schemas import args_schema
from langchain_quickjs.agent.documentation.typescript import Types
from langchain_quickjs.interpreter import Call, CallResult, Raised, Returned
from langchain_quickjs.script.calls.js_names import DESCRIBE, SEARCH

__all__ = ["Lookups"]

_FOUND: Final = 20
_SEARCH_BYTES: Final = 3000
_DESCRIBED: Final = 20
_DESCRIBE_BYTES: Final = 64 * 1024
_NEAREST: Final = 5
_LIKENESS: Final = 0.6
_QUERY_CHARS: Final = 500
_QUERY_WORDS: Final = 24
_NAME_CHARS: Final = 100
_READ_CHARS: Final = 2000
_PREFIX_CHARS: Final = 3

_IN_NAME, _IN_ARGUMENT, _IN_DESCRIPTION = 4, 2, 1
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD: Final = re.compile(r"[^\W_]+")
_APPROVAL: Final = "// A person has to approve its calls."


class Lookups:
    """Answers what programs ask; what it makes for that is kept until the tools change."""

    def __init__(self) -> None:
        self._made: _Catalogue | None = None

    def of(
        self, tools: Mapping[str, BaseTool], asked: Set[str]
    ) -> Mapping[str, Callable[[Call], CallResult]]:
        """The functions that answer, by the names that scripts use; none if there are no tools.

        Args:
            tools: The tools, by the names that scripts use.
            asked: The names of their own of those about whose calls people are asked.
        """
        if not tools:
            return {}
        made = self._made
        if made is None or not made.is_of(tools, asked):
            made = self._made = _Catalogue(dict(tools), frozenset(asked))
        return {SEARCH: made.search, DESCRIBE: made.describe}


@dataclass(frozen=True)
class _Catalogue:
    """Some tools that can be searched.

    Attributes:
        tools: The tools, by the names that scripts use.
        asked: The names of their own of those about whose calls people are asked.
    """

    tools: dict[str, BaseTool]
    asked: frozenset[str]

    def is_of(self, tools: Mapping[str, BaseTool], asked: Set[str]) -> bool:
        """Whether it is the one of these tools."""
        same = len(tools) == len(self.tools) and asked == self.asked
        return same and all(self.tools.get(name) is tool for name, tool in tools.items())

    def search(self, call: Call) -> CallResult:
        """Finds tools by words: the best ones with their signatures, others with a line each."""
        query = call.args[0] if call.args else ""
        if isinstance(query, list):
            query = " ".join(word for word in query if isinstance(word, str))
        if not isinstance(query, str):
            return Raised("TypeError", f'{SEARCH} takes words: tools.{SEARCH}("find orders")')
        found = self._index.find(query[:_QUERY_CHARS])
        if not found:
            return Returned(f"// 0 of {len(self.tools)} tools found.{self._nearest_to(query)}")
        told = list(self._within(found[:_FOUND]))
        count = f"{len(told)} of {len(found)} tools found (of {len(self.tools)} in all), best first"
        return Returned("\n".join([f"// {count}", *told]))

    def describe(self, call: Call) -> CallResult:
        """Tells all that is known of tools, by their names in any style."""
        names = [name for arg in call.args for name in (arg if isinstance(arg, list) else [arg])]
        if not names or not all(isinstance(name, str) for name in names):
            usage = f'tools.{DESCRIBE}("name", ...)'
            return Raised("TypeError", f"{DESCRIBE} takes names of tools: {usage}")
        told: list[str] = []
        room = _DESCRIBE_BYTES
        for name in names[:_DESCRIBED]:
            text = self._described(name)
            room -= size(text)
            if room < 0 and told:
                break
            told.append(text.encode()[:_DESCRIBE_BYTES].decode("utf-8", "ignore"))
        if len(told) < len(names):
            told.append(f"// {len(told)} of {len(names)}")
        return Returned("\n\n".join(told))

    @functools.cached_property
    def _index(self) -> _Index:
        return _Index.of(self.tools)

    @functools.cached_property
    def _by_spelling(self) -> dict[str, str]:
        by_spelling: dict[str, str] = {}
        for name, tool in self.tools.items():
            by_spelling.setdefault(_spelling(name), name)
            by_spelling.setdefault(_spelling(tool.name), name)
        return by_spelling

    def _described(self, name: str) -> str:
        spelling = _spelling(name[: 10 * _NAME_CHARS])
        own = name if name in self.tools else self._by_spelling.get(spelling)
        if own is None:
            told = one_line(name, _NAME_CHARS)
            return f"// There is no tool `{told}`.{self._nearest_to(name)}"
        tool = self.tools[own]
        return "\n".join([*self._approval(tool), signature(tool, WHOLE)])

    def _nearest_to(self, name: str) -> str:
        known = self._by_spelling
        short = (spelling for spelling in known if len(spelling) <= _NAME_CHARS)
        spelling = _spelling(name[:_NAME_CHARS])
        close = difflib.get_close_matches(spelling, short, n=_NEAREST, cutoff=_LIKENESS)
        nearest = [*dict.fromkeys(known[one] for one in close)]
        return f" The nearest names: {', '.join(nearest)}." if nearest else ""

    def _approval(self, tool: BaseTool) -> list[str]:
        return [_APPROVAL] * (tool.name in self.asked)

    def _within(self, names: list[str]) -> Iterator[str]:
        """Tells of tools in turn: with signatures while there is room, then with a line each."""
        types, types_told, room, in_full = Types(SHORT.comment_chars), 0, _SEARCH_BYTES, True
        lines = [name_and_line(name, self.tools[name]) for name in names]
        for number, name in enumerate(names):
            text, tool = lines[number], self.tools[name]
            if in_full:
                one = declared(facts_of(tool), types, SHORT)
                new = types.declarations[types_told:]
                types_told += len(new)
                full = "\n".join([*new, *self._approval(tool), *one.with_rest([])])
                later = sum(size(line) + 1 for line in lines[number + 1 :])
                in_full = size(full) + 1 + later <= room
                text = full if in_full else text
            room -= size(text) + 1
            if room < 0:
                return
            yield text


@dataclass(frozen=True)
class _Index:
    """Which words stand in which tools, and how much that says.

    Attributes:
        names: The names of the tools.
        weights: For each word, how much it says of which tools, by their numbers.
        words: The words, in order.
    """

    names: list[str]
    weights: dict[str, dict[int, int]]
    words: list[str]

    @classmethod
    def of(cls, tools: Mapping[str, BaseTool]) -> _Index:
        """Reads tools."""
        weights: defaultdict[str, dict[int, int]] = defaultdict(dict)
        for number, (name, tool) in enumerate(tools.items()):
            texts = (
                (_IN_DESCRIPTION, [tool.description[:_READ_CHARS]]),
                (_IN_ARGUMENT, _argument_names(tool)),
                (_IN_NAME, [name[:_NAME_CHARS], tool.name[:_NAME_CHARS]]),
            )
            for weight, some in texts:
                for text in some:
                    words = _words(text)
                    if weight == _IN_DESCRIPTION:  # `a`, `of` and `to` are in all of them
                        words = [word for word in words if len(word) >= _PREFIX_CHARS]
                    else:
                        words += _run_together(words)
                    for word in words:
                        weights[word][number] = weight
        return cls(list(tools), dict(weights), sorted(weights))

    def find(self, query: str) -> list[str]:
        """The names of the tools in which words of a text stand, the best ones first.

        A word says the more the fewer tools have it.
        """
        words = _words(query)[:_QUERY_WORDS]
        if not words:
            return list(self.names)
        scores: defaultdict[int, float] = defaultdict(float)
        for word in dict.fromkeys((*words, *_run_together(words))):
            having = self._having(word)
            rarity = math.log(1 + len(self.names) / len(having)) if having else 0.0
            for number, weight in having.items():
                scores[number] += weight * rarity
        return [self.names[number] for number in sorted(scores, key=lambda n: (-scores[n], n))]

    def _having(self, word: str) -> dict[int, float]:
        """The tools that have a word, or half as much, one that begins with it."""
        having: dict[int, float] = {}
        if len(word) >= _PREFIX_CHARS:
            for other in self.words[bisect.bisect_left(self.words, word) :]:
                if not other.startswith(word):
                    break
                for number, weight in self.weights[other].items():
                    having[number] = max(having.get(number, 0), weight / 2)
        return {**having, **self.weights.get(word, {})}


def _argument_names(tool: BaseTool) -> list[str]:
    """The names of a tool's arguments, without what is injected.

    The JSON Schema of a model takes a millisecond to make, too long for all tools at once.
    """
    declared_as = tool.args_schema
    if isinstance(declared_as, type) and issubclass(declared_as, BaseModel):
        fields = declared_as.model_fields.items()
        names: Iterable[Any] = [name for name, field in fields if not _is_injected(field)]
    else:
        properties = args_schema(tool).get("properties")
        names = properties if isinstance(properties, Mapping) else ()
    return [name[:_NAME_CHARS] for name in names if isinstance(name, str)]


def _is_injected(field: FieldInfo) -> bool:
    marks = (*field.metadata, field.annotation)
    kinds = [mark if isinstance(mark, type) else type(mark) for mark in marks]
    return any(issubclass(kind, InjectedToolArg | ToolRuntime) for kind in kinds)


def _words(text: str) -> list[str]:
    """The words of a text or a name in any style, in small letters and without plural."""
    return [_singular(word) for word in _WORD.findall(_CAMEL.sub(" ", text).casefold())]


def _singular(word: str) -> str:
    if len(word) > _PREFIX_CHARS and word.endswith("s") and not word.endswith("ss"):
        return f"{word[:-3]}y" if word.endswith("ies") else word[:-1]
    return word


def _run_together(words: list[str]) -> list[str]:
    """Neighbours as one word: `look up` is `lookup`; and all of them."""
    pairs = [a + b for a, b in itertools.pairwise(words)]
    return [*pairs, "".join(words)] if len(words) > 1 else []


def _spelling(name: str) -> str:
    return "".join(_WORD.findall(name.casefold()))
