"""Content blocks that a tool has returned, as what a program can compute with.

A tool of an MCP server gives a list of blocks, as a model is shown them: texts, images, files. A
program gets the data in them: the structured content if there is some; else the texts, as values
where they are JSON. An image, a sound or a file becomes a handle, which says what it is and how
large, and has none of its bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from langchain_quickjs.interpreter import Returned
from langchain_quickjs.script.flow.inputs import Instead

__all__ = ["Read", "error_words", "has_files", "is_content", "read_content", "structured_content"]

_MOST_PARTS: Final = 2**20  # More cannot cross, and would take many times the memory of their text.
_DIGEST_CHARS: Final = 16
_HEAD_CHARS: Final = 200

_TEXTS: Final = frozenset({"text", "text-plain"})
_FILES: Final = {
    **{kind: kind for kind in ("image", "audio", "video", "file")},
    "image_url": "image",
    "input_audio": "audio",
    "document": "file",
}
# Blocks that are data already.
_OTHERS: Final = frozenset({"json", "reasoning", "refusal", "search_result", "non_standard"})


class Read(NamedTuple):
    """What a program gets of content blocks.

    Attributes:
        reply: It.
        instead: Makes what it gets if that cannot cross into JavaScript.
    """

    reply: Returned
    instead: Instead | None = None


def structured_content(artifact: object) -> dict[str, Any] | None:
    """The data that an MCP server has given beside the blocks, if it has given any."""
    content = artifact.get("structured_content") if type(artifact) is dict else None
    return content if type(content) is dict else None


def is_content(value: object) -> bool:
    """Whether a value is a list of content blocks, each of them well-formed.

    A list of texts alone is one of data.
    """
    return type(value) is list and dict in map(type, value) and all(map(_is_block, value))


def has_files(value: object) -> bool:
    """Whether a value is a list of content blocks, and a file's bytes are in one of them."""
    return is_content(value) and any(file.data for file in _files(value))


def read_content(blocks: list[Any]) -> Read:
    """What a program gets of the content blocks of a message.

    A single block is its value. Of several texts, each is a value where all are JSON, because
    servers send the items of a list so; else they are one text. With files among them, all are the
    items of a list, in their order.
    """
    texts = [text for block in blocks if (text := _text(block)) is not None]
    if len(texts) < len(blocks):
        parts = [_part(block) for block in blocks]
        return _one_or_all([part for part, _ in parts], [plain for _, plain in parts])
    if len(texts) > 1:
        with contextlib.suppress(ValueError, RecursionError):
            return _one_or_all([_from_json(text) for text in texts], texts)
    text = "\n".join(texts)
    value = _from_json_or_text(text)
    return Read(Returned(value), lambda: Returned(text))


def error_words(content: str | list[Any]) -> str:
    """What the content of a message that is an error says."""
    blocks = [content] if isinstance(content, str) else content
    texts = [text for block in blocks if (text := _text(block))]
    return "\n".join(texts) or "The tool failed, and gave no text that says why."


def _one_or_all(values: list[Any], plain: list[Any]) -> Read:
    if len(values) == 1:
        return Read(Returned(values[0]), lambda: Returned(plain[0]))
    return Read(Returned(values), lambda: Returned(plain))


def _part(block: Any) -> tuple[Any, Any]:
    """What one block among others becomes: as it is best, and as it can cross in any case."""
    if (text := _text(block)) is not None:
        return _from_json_or_text(text), text
    file = _File.of(block)
    given = block if file is None else file.handle()
    return given, given


def _is_block(block: Any) -> bool:
    kind = block.get("type") if type(block) is dict else None
    other = type(kind) is str and kind in _OTHERS
    return other or _text(block) is not None or _File.of(block) is not None


def _text(block: Any) -> str | None:
    text = block
    if type(block) is dict:
        kind = block.get("type")
        text = block.get("text") if type(kind) is str and kind in _TEXTS else None
    return text if type(text) is str else None


def _files(blocks: Any) -> Iterator[_File]:
    return (file for block in blocks if (file := _File.of(block)) is not None)


def _from_json_or_text(text: str) -> Any:
    with contextlib.suppress(ValueError, RecursionError):
        return _from_json(text)
    return text


def _from_json(text: str) -> Any:
    """A text's value.

    Raises:
        ValueError: It is no JSON, or has more parts than can cross.
    """
    if sum(map(text.count, ",[{")) > _MOST_PARTS:
        raise ValueError("too many parts")
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


@dataclass(frozen=True, slots=True)
class _File:
    """What a block says of a file, in any of the forms that models' makers and LangChain have.

    Attributes:
        kind: `image`, `audio`, `video` or `file`.
        mime_type: Its type.
        name: Its name.
        id: What a model's maker calls it, if it is there.
        url: Where it is, if it is elsewhere.
        data: Its bytes as base64, if they are in the block.
        start: Where in `data` they begin.
    """

    kind: str
    mime_type: str = ""
    name: str = ""
    id: str = ""
    url: str = ""
    data: str = ""
    start: int = 0

    @classmethod
    def of(cls, block: Any) -> _File | None:
        """What a block says; `None` if it is of no file, or malformed."""
        kind = block.get("type") if type(block) is dict else None
        if type(kind) is not str or kind not in _FILES:
            return None
        inner = block.get(kind)
        said = {"url": inner} if type(inner) is str else {}
        for part in (block, block.get("source"), inner):
            said.update(part if type(part) is dict else {})
        data, url = _first(said, "base64", "data", "file_data"), _first(said, "url", "uri")
        if said.get("type") == "text" or not (data or url or _first(said, "file_id")):
            return None
        file = cls(
            _FILES[kind],
            _first(said, "mime_type", "media_type") or _type_of_sound(said),
            _first(said, "name", "filename", "title"),
            _first(said, "file_id"),
        )
        if not (data or url).startswith("data:"):
            return replace(file, data=data) if data else replace(file, url=url)
        head = (data or url)[:_HEAD_CHARS].partition(",")[0]
        mime_type = head.removeprefix("data:").partition(";")[0]
        return replace(file, mime_type=mime_type, data=data or url, start=len(head) + 1)

    def handle(self) -> dict[str, Any]:
        """What a program gets of it. Its id is the same for the same bytes."""
        said: dict[str, Any] = {"type": self.kind, "mime_type": self.mime_type, "name": self.name}
        if self.data:
            chars = len(self.data) - self.start - sum(map(self.data[-2:].count, "="))
            text = self.data[self.start :].encode("utf-8", "replace")
            digest = hashlib.sha256(text).hexdigest()
            said |= {"bytes": max(chars, 0) * 3 // 4, "id": digest[:_DIGEST_CHARS]}
        else:
            said |= {"url": self.url, "id": self.id}
        return {key: value for key, value in said.items() if value != ""}


def _first(said: Mapping[str, Any], *keys: str) -> str:
    texts = (said.get(key) for key in keys)
    return next((text for text in texts if type(text) is str), "")


def _type_of_sound(said: Mapping[str, Any]) -> str:
    return f"audio/{form}" if (form := _first(said, "format")) else ""
