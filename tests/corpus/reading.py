"""Whether an answer shows what was meant, in the notation of JSON, JavaScript or a console."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from tests.corpus.cases import Anything, Meant

_TOKEN: Final = re.compile(
    r"""(?P<date>\d{4}-\d\d-\d\dT[\d:.]+Z)
      | (?P<number>-?(?:\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|Infinity)n?)
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)
      | (?P<error>\[\w*Error:[^\]]*\])
      | (?P<word>[\w$]+)
      | (?P<mark>=>|[{}\[\]():,])
      | \s+""",
    re.VERBOSE | re.DOTALL,
)
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None, "undefined": None}
_CLOSING: Final = {"{": "}", "[": "]", "(": ")"}


def problem(meant: Meant, answer: str) -> str | None:
    """What is wrong with an answer of `eval`; `None` if it shows what was meant."""
    printed, result = _part("stdout", answer), _part("result", answer)
    if "<error" in re.sub(r"<(stdout|result)\b.*?</\1>", "", answer, flags=re.DOTALL):
        return "an error"
    if meant.result is not Anything and not _shows(meant.result, result):
        return f"not the result {meant.result!r}"
    if meant.console is not Anything and not _shows(meant.console, printed):
        return f"not the output {meant.console!r}"
    missing = [phrase for phrase in meant.shows if phrase not in answer]
    return f"nothing of {missing}" if missing else None


def _part(tag: str, answer: str) -> str:
    found = re.search(rf"<{tag}\b[^>]*>(.*?)</{tag}>", answer, re.DOTALL)
    return found[1].strip() if found else ""


def _shows(meant: Any, text: str) -> bool:
    """Escaped or not, as text or as a value."""
    return any(_is(meant, each) for each in (text, html.unescape(text)))


def _is(meant: Any, text: str) -> bool:
    written = meant if isinstance(meant, str) else json.dumps(meant, ensure_ascii=False)
    if written == text or (re.search(r"[\[{]", written) and _bare(written) == _bare(text)):
        return True
    try:
        return bool(_alike(meant) == _alike(_read(text)))
    except ValueError:
        return False


def _bare(text: str) -> str:
    """A text without what notations differ in: quotes, what escapes them, and spaces."""
    return re.sub(r"""["'`\\\s]""", "", text)


def _alike(value: Any) -> Any:
    """The same for values that differ in their notation only."""
    match value:
        case bool():
            return str(value)
        case int() | float():
            return float(value)
        case dict():
            return {_key(k): _alike(v) for k, v in value.items() if v is not None}
        case list() | tuple():
            return [_alike(each) for each in value]
    return value


def _key(key: Any) -> str:
    return f"{key:g}" if isinstance(key, float) else str(key)


def _read(text: str) -> Any:
    """The value that a text shows.

    Raises:
        ValueError: It shows none.
    """
    try:
        return json.loads(text)
    except ValueError:
        tokens = _Tokens(text)
        value = _value(tokens)
        if tokens.kind:
            raise ValueError("There is more.") from None
        return value


class _Tokens:
    """The tokens of a text, one at a time; at the end, a kind of `""`."""

    def __init__(self, text: str) -> None:
        self._all = _tokens(text)
        self.step()

    def step(self) -> None:
        self.kind, self.text = next(self._all, ("", ""))

    def take(self, mark: str) -> bool:
        taken = self.text == mark and self.kind == "mark"
        if taken:
            self.step()
        return taken


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found:
            raise ValueError(f"What is {text[position]!r}?")
        position = found.end()
        if found.lastgroup:
            yield found.lastgroup, found[0]


def _value(tokens: _Tokens) -> Any:
    kind, text = tokens.kind, tokens.text
    tokens.step()
    match kind:
        case "text":
            return _unquoted(text)
        case "number":
            return float(text.removesuffix("n"))
        case "word" if text in _WORDS:
            return _WORDS[text]
        case "word":
            return _after_name(text, tokens)
        case "mark" if text in "{[":
            return _items(text, tokens)
        case "date":
            return text
        case "error":
            return text[1:-1]
    raise ValueError(f"No value begins with {text!r}.")


def _unquoted(text: str) -> str:
    inner = re.sub(
        r"\\(?!u|x)(.)", lambda m: {"n": "\n", "t": "\t", "r": "\r"}.get(m[1], m[1]), text[1:-1]
    )
    return re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), inner)


def _after_name(name: str, tokens: _Tokens) -> Any:
    """What follows a name: `Map(2) {`, `Date(...)`, `Point {`; alone, a name such as NaN."""
    if tokens.take("("):
        inner = _value(tokens)
        if not tokens.take(")"):
            raise ValueError("An open bracket.")
        if name in ("Date", "BigInt"):
            return inner
    if tokens.kind == "mark" and tokens.text in "{[":
        opening = tokens.text
        tokens.step()
        return _items(opening, tokens)
    return name


def _items(opening: str, tokens: _Tokens) -> Any:
    """The rest of a list, an object, a Map or a Set."""
    pairs: dict[Any, Any] = {}
    items: list[Any] = []
    while not tokens.take(_CLOSING[opening]):
        first = _value(tokens)
        if tokens.take(":") or tokens.take("=>"):
            pairs[_key(first)] = _value(tokens)
        else:
            items.append(first)
        if not tokens.take(",") and tokens.text != _CLOSING[opening]:
            raise ValueError("No comma.")
    return items if items or opening == "[" else pairs
