"""As many realistic tools as one wants, always the same ones."""

from __future__ import annotations

import random
from typing import Annotated, Any, Final, Literal

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, Field, create_model

__all__ = ["many_tools"]

_VERBS: Final = {
    "list": "Lists {things}, newest first.",
    "get": "Gives one of the {things} by its id.",
    "create": "Creates one of the {things}, and gives it with its new id.",
    "update": "Changes fields of one of the {things}; what is left out stays as it is.",
    "delete": "Deletes one of the {things}. It cannot be brought back.",
    "search": "Finds {things} by words in their title and text.",
    "export": "Writes {things} to a file and gives its address.",
    "assign": "Gives one of the {things} to a person, who is told of it.",
    "archive": "Puts one of the {things} away; searches do not find it any more.",
    "count": "Counts {things}, by state.",
}
_THINGS: Final = (
    *("order", "invoice", "customer", "ticket", "shipment", "product", "refund", "payment"),
    *("contract", "campaign", "project", "task", "meeting", "message", "document", "folder"),
    *("branch", "release", "deployment", "incident"),
)
_SYSTEMS: Final = ("shop", "crm", "github", "drive", "erp")
_MORE: Final = (
    "Takes the time zone of the account where none is given.",
    "What has been changed since the last call comes first. Repeat with the next page's mark until "
    "there is none.",
    "Needs the right to write in the workspace, which an administrator gives.",
    "A call costs one unit of the quota for the hour; when that is used up, the answer says so.",
)
_FIELDS: Final[tuple[tuple[str, Any, dict[str, Any]], ...]] = (
    ("limit", int, {"default": 20, "ge": 1, "le": 100, "description": "How many at most."}),
    ("since", str, {"default": None, "description": "Only newer ones, in ISO 8601."}),
    ("state", Literal["open", "closed", "late"], {"default": "open"}),
    ("tags", list[str], {"default": None, "max_length": 10}),
    ("email", str, {"default": None, "pattern": r".+@.+", "description": "Whom to tell."}),
    ("dry_run", bool, {"default": False, "description": "Only say what would be done."}),
    ("amount", float, {"default": None, "gt": 0, "description": "In euros, without tax."}),
)


class Entry(BaseModel):
    """What any of the systems gives."""

    id: str
    title: str
    state: Literal["open", "closed", "late"]
    tags: list[str] = []


def many_tools(count: int) -> list[BaseTool]:
    """Makes tools with names, descriptions and arguments of many kinds.

    Each second one is as an MCP server gives it, with a JSON Schema and nothing about its result.
    """
    drawn = random.Random(7)
    tools = []
    kinds = [(s, verb, thing) for s in _SYSTEMS for verb in _VERBS for thing in _THINGS]
    drawn.shuffle(kinds)
    for number, (system, verb, thing) in enumerate(kinds[:count]):
        name = f"{system}_{verb}_{thing}"
        fields = drawn.sample(_FIELDS, drawn.randint(0, 4))
        text = "\n\n".join(
            [_VERBS[verb].format(things=f"{thing}s"), *drawn.sample(_MORE, drawn.randint(0, 3))]
        )
        tools.append(_tool(name, thing, text, fields, is_remote=bool(number % 2)))
    return tools


def _tool(name: str, thing: str, text: str, fields: list[Any], *, is_remote: bool) -> BaseTool:
    def run(**given: Any) -> Entry:
        return Entry(id=str(given.get(f"{thing}_id")), title=name, state="open")

    wanted: dict[str, Any] = {f"{thing}_id": (str, Field(description=f"Which {thing}."))}
    wanted |= {
        name: (Annotated[kind, Field(**more)], more["default"]) for name, kind, more in fields
    }
    model = create_model(name, **wanted)
    if not is_remote:
        return StructuredTool.from_function(run, name=name, description=text, args_schema=model)
    schema = model.model_json_schema()
    remote: Any = lambda **given: run(**given).model_dump()  # noqa: E731 - has no annotations
    return StructuredTool(name=name, description=text, args_schema=schema, func=remote)
