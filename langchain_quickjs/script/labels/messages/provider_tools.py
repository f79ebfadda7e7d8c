"""Tools that run where the model does: web search, code, MCP servers of the provider.

An agent has them as dictionaries, and no call of them passes the agent. What they gave stands in
the model's message, in blocks of kinds that each provider has chosen: `web_search_tool_result`,
`file_search_call`, LangChain's own `server_tool_result`. Whatever is not known to be the model's
own words is taken to be such a block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from langchain_core.messages import AIMessage

__all__ = [
    "KNOWN_PROVIDER_TOOLS",
    "labels_for",
    "plain_name",
    "provider_tool_names",
    "provider_tools_in",
]

KNOWN_PROVIDER_TOOLS: Final = frozenset(
    {
        "code_execution",
        "file_search",
        "google_maps",
        "google_search",
        "image_generation",
        "mcp",
        "tool_search",
        "url_context",
        "web_fetch",
        "web_search",
        "x_search",
    }
)
"""Plain names of tools that may have a label though an agent does not show that it has them."""

_OTHER_NAMES: Final[Mapping[str, str]] = {
    "bash_code_execution": "code_execution",
    "code_interpreter": "code_execution",
    "executable_code": "code_execution",
    "google_search_retrieval": "google_search",
    "mcp_approval_request": "mcp",
    "mcp_list_tools": "mcp",
    "mcp_toolset": "mcp",
    "python": "code_execution",
    "remote_mcp": "mcp",
    "text_editor_code_execution": "code_execution",
    "tool_search_tool_bm25": "tool_search",
    "tool_search_tool_regex": "tool_search",
}
# What a model says itself, and calls that the agent makes.
_OWN_WORDS: Final = frozenset(
    {
        "audio",
        "cachePoint",
        "custom_tool_call",
        "document",
        "file",
        "function_call",
        "image",
        "image_url",
        "input_json_delta",
        "invalid_tool_call",
        "media",
        "output_audio",
        "output_text",
        "reasoning",
        "reasoning_content",
        "redacted_thinking",
        "refusal",
        "text",
        "text-plain",
        "thinking",
        "tool_call",
        "tool_call_chunk",
        "tool_use",
        "video",
    }
)
_VERSION: Final = re.compile(r"(_preview)?(_\d[\d_]*)?$")
_OF_BLOCKS: Final = re.compile(r"(_tool)?(_(call|use|result|output))+(_chunk)?$")
# Where models that search by themselves tell what they have found.
_FOUND: Final = ("citations", "search_results")


def plain_name(name: str) -> str:
    """The name of a provider's tool without its version, the same for all its names."""
    plain = _VERSION.sub("", name)
    return _OTHER_NAMES.get(plain, plain)


def provider_tool_names(tool: Any) -> frozenset[str]:
    """The names that a tool has which an agent is given as a dictionary: its `name` and `type`."""
    found = (tool.get(key) for key in ("name", "type")) if isinstance(tool, Mapping) else ()
    known = frozenset(name for name in found if isinstance(name, str) and name)
    # Gemini's have neither: `{"google_search": {}}`.
    return known or frozenset(map(str, tool) if isinstance(tool, Mapping) else ())


def provider_tools_in(message: AIMessage) -> set[str]:
    """The plain names of the tools that have put something into a message.

    Args:
        message: A message of the model.
    """
    blocks = [*_blocks(message.content), *_blocks(message.additional_kwargs.get("tool_outputs"))]
    blocks += _blocks(message.additional_kwargs.get("executed_tools"))
    called = {str(block.get("id")): name for block in blocks if (name := _named(block)) is not None}
    found = {name for block in blocks if (name := _tool_of(block, called)) is not None}
    if message.response_metadata.get("grounding_metadata"):
        found.add("google_search")
    told = (message.additional_kwargs, message.response_metadata)
    if not found and any(where.get(key) for where in told for key in _FOUND):
        found.add("web_search")
    return found


def _blocks(content: Any) -> list[Mapping[str, Any]]:
    found = content if isinstance(content, list) else []
    blocks = [block for block in found if isinstance(block, Mapping)]
    return [
        block["value"]
        if block.get("type") == "non_standard" and isinstance(block.get("value"), Mapping)
        else block
        for block in blocks
    ]


def _tool_of(block: Mapping[str, Any], called: Mapping[str, str]) -> str | None:
    """The plain name of the tool behind a block; `None` if it is the model's own."""
    kind = str(block.get("type"))
    if kind in _OWN_WORDS:
        return None
    for key in ("tool_call_id", "tool_use_id"):
        if (name := called.get(str(block.get(key)))) is not None:
            return name
    return _named(block) or plain_name(_OF_BLOCKS.sub("", kind))


def _named(block: Mapping[str, Any]) -> str | None:
    """The plain name of the tool that a block calls; never what a server of MCP calls its tool."""
    calls = str(block.get("type")).startswith("server_tool_")
    name = block.get("name")
    return plain_name(name) if calls and isinstance(name, str) and name else None


def labels_for(names: Iterable[str], known: Mapping[str, frozenset[Any]]) -> list[frozenset[Any]]:
    """The labels that were given to a provider's tool under any of its names."""
    plain = set(map(plain_name, names))
    return [labels for name, labels in known.items() if plain_name(name) in plain]
