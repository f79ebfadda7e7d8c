"""The arguments of calls, as one value for everybody.

A call from a script is a call that the model could have made: before anything looks at its
arguments, they become JSON values that the tool's own schema accepts. That one value is what gates,
hooks, people, signatures and the tool itself get. What a person puts in a call's place goes the
same way.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from langchain_core.tools import BaseTool, Tool
from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticUserError
from pydantic.v1 import ValidationError as ValidationErrorV1

from langchain_quickjs.errors import ValueTransferError
from langchain_quickjs.interpreter import UNDEFINED, Call, Raised
from langchain_quickjs.interpreter.values.notation import property_name
from langchain_quickjs.script.arguments.json_values import MisfitError, copied, json_object
from langchain_quickjs.script.arguments.tool_schemas import Schema
from langchain_quickjs.script.arguments.wanted_types import Wanted

__all__ = ["MAX_BYTES", "Arguments", "arguments_of", "per_tool", "why_not_taken"]

MAX_BYTES: Final = 16 * 1024 * 1024
_NAMES_SHOWN: Final = 5
_NAME_CHARS: Final = 60
_PROBLEMS: Final = 5
_PROBLEM_CHARS: Final = 200
_MANY_PROBLEMS: Final = 1000  # more take longer to list than all the rest

# A function of one text; LangChain passes it the argument under any name.
_ONE_TEXT: Final[Schema] = {
    "properties": {"input": {"type": "string"}},
    "additionalProperties": {"type": "string"},
}


@dataclass(frozen=True, slots=True)
class Arguments:
    """What one tool takes.

    Attributes:
        schema: The JSON Schema of its arguments.
        wanted: What that says, place by place.
        validate: Its own validation; `None` if it has no more than the schema.
        one_text: Whether it takes one text, under any name.
    """

    schema: Schema
    wanted: Wanted
    validate: Callable[[dict[str, Any]], Any] | None = None
    one_text: bool = False

    @classmethod
    def of(
        cls,
        schema: Schema,
        validate: Callable[[dict[str, Any]], Any] | None = None,
        *,
        one_text: bool = False,
    ) -> Self:
        """What a tool with this schema takes; with its own validation, the schema is a model's."""
        wanted = Wanted.of(schema, of_model=validate is not None)
        return cls(schema, wanted, validate, one_text)

    def of_call(self, call: Call, max_bytes: int = MAX_BYTES) -> dict[str, Any] | Raised:
        """The arguments of a script's call, or the error for a call of the wrong form.

        Args:
            call: The call.
            max_bytes: How much text may be in them.
        """
        given = [arg for arg in call.args if arg is not UNDEFINED and arg is not None] or [{}]
        if len(given) != 1 or not isinstance(given[0], dict):
            takes = f"{call.name} takes one object with named arguments: {self.form(call.name)}"
            return Raised("TypeError", takes)
        try:
            return self.value(given[0], call.name, max_bytes)
        except ValueTransferError as error:
            return Raised("TypeError", str(error))

    def form(self, name: str) -> str:
        """How a call looks.

        Args:
            name: The name that scripts have for the tool.
        """
        wanted = self.wanted
        names = [one for one in wanted.names if one in wanted.needed] or [*wanted.names]
        if not names:
            return f"tools.{name}({'{ name: value }' if wanted.member('name') else ''})"
        shown = [f"{property_name(one[:_NAME_CHARS])}: ..." for one in names[:_NAMES_SHOWN]]
        more = ["..."] if len(names) > _NAMES_SHOWN else []
        return f"tools.{name}({{ {', '.join([*shown, *more])} }})"

    def value(self, given: dict[str, Any], name: str, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
        """Arguments as the one value that everybody gets.

        Args:
            given: The arguments, by name.
            name: What to call the tool in an error.
            max_bytes: How much text may be in them.

        Raises:
            ValueTransferError: They are not what the tool takes.
        """
        try:
            made = json_object(given, self.wanted, max_bytes)
        except MisfitError as misfit:
            raise ValueTransferError(misfit.text(name)) from None
        if self.one_text and len(made) != 1:
            raise ValueTransferError(f"{name} takes one argument, a text, under any name")
        if self.validate is not None and (problem := _problem(self.validate, made)):
            raise ValueTransferError(f"{name}: {problem}")
        return made


def per_tool(make: Callable[[BaseTool], Arguments]) -> Callable[[BaseTool], Arguments]:
    """Makes a function remember what it gave for each tool: that takes as long as many calls."""
    known: dict[int, tuple[weakref.ref[BaseTool], object, Arguments]] = {}  # Tools have no hash.

    @functools.wraps(make)
    def remembered(tool: BaseTool) -> Arguments:
        number = id(tool)
        found = known.get(number)
        if found is not None and found[0]() is tool and found[1] is tool.args_schema:
            return found[2]

        def forget(gone: weakref.ref[BaseTool]) -> None:
            if (last := known.get(number)) is not None and last[0] is gone:
                del known[number]

        arguments = make(tool)
        known[number] = weakref.ref(tool, forget), tool.args_schema, arguments
        return arguments

    return remembered


@per_tool
def arguments_of(tool: BaseTool) -> Arguments:
    """What a tool takes."""
    if isinstance(tool, Tool) and tool.args_schema is None:
        return Arguments.of(_ONE_TEXT, one_text=True)
    try:
        model = tool.tool_call_schema
    except (PydanticUserError, NameError, ValueError):
        # Its annotations name what does not exist; nor can it be called so.
        return Arguments.of({"additionalProperties": True})
    if isinstance(model, dict):
        return Arguments.of(model)
    aliases = _aliases(tool.args_schema)
    check = getattr(model, "model_validate", None) or model.parse_obj

    def validate(value: dict[str, Any]) -> None:
        # Validators may change what they are given, and so must not have the value itself.
        given = {aliases.get(name, name): copied(item) for name, item in value.items()}
        if len(given) < len(value):
            twice = sorted(name for name in value if name in aliases and aliases[name] in value)
            raise ValueError(f"{twice} and {[aliases[name] for name in twice]} are the same")
        check(given)

    return Arguments.of(_schema_of(model, tool.args_schema, aliases), validate)


def _schema_of(model: Any, declared: object, aliases: Mapping[str, str]) -> Schema:
    """The JSON Schema of a model, with what LangChain leaves out of it."""
    try:
        schema = model.model_json_schema() if issubclass(model, BaseModel) else model.schema()
    except (PydanticUserError, NameError, ValueError):
        # Some type has no JSON Schema, but the names are known.
        fields = getattr(model, "model_fields", None) or model.__fields__
        schema = {"properties": dict.fromkeys(fields, True)}
    properties = dict(schema.get("properties", {}))
    known = ((alias, name) for alias, name in aliases.items() if name in properties)
    properties.update((alias, properties[name]) for alias, name in known)
    schema = {**schema, "properties": properties}
    config = getattr(declared, "model_config", {})
    return {**schema, "additionalProperties": True} if config.get("extra") == "allow" else schema


def _aliases(declared: object) -> dict[str, str]:
    """The names under which a tool's model takes arguments, where they are not those of fields."""
    if not isinstance(declared, type) or not issubclass(declared, BaseModel):
        return {}
    given = ((field.validation_alias, name) for name, field in declared.model_fields.items())
    return {alias: name for alias, name in given if isinstance(alias, str) and alias != name}


def _problem(validate: Callable[[dict[str, Any]], Any], value: dict[str, Any]) -> str | None:
    """What a tool's own validation says against a value."""
    try:
        validate(value)
    except ValidationError as error:
        if (count := error.error_count()) > _MANY_PROBLEMS:
            return f"{count:,} of its parts are not what the tool takes"
        return _in_words(error.errors(include_url=False, include_context=False))
    except ValidationErrorV1 as error:
        return _in_words(error.errors())
    except Exception as error:
        # A validator of the tool that fails otherwise; no call that a model makes gets past it.
        return f"{type(error).__name__}: {str(error)[:_PROBLEM_CHARS]}"
    return None


def why_not_taken(tool: BaseTool, given: Mapping[str, Any]) -> str | None:
    """Why a call of the model's own with these arguments fails before it gets to the tool.

    Args:
        tool: The tool.
        given: The arguments, to which LangGraph adds the injected ones.

    Returns:
        What is wrong with the model's arguments; `None` if nothing is, or if nobody can say.
    """
    model = tool.args_schema
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        return None
    try:
        names = {*tool.args}
        mine = names | {alias for alias, name in _aliases(model).items() if name in names}
        model.model_validate(dict(given))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        errors = [one for one in found if one["loc"] and one["loc"][0] in mine]
        return _in_words(errors) if errors else None
    except Exception:  # a validator of the tool's own that misses what is injected, for example
        return None
    return None


def _in_words(errors: Sequence[Mapping[str, Any]]) -> str:
    found = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in errors[:_PROBLEMS]]
    found = [one if len(one) <= _PROBLEM_CHARS else f"{one[:_PROBLEM_CHARS]}…" for one in found]
    more = [f"and {len(errors) - _PROBLEMS} more"] if len(errors) > _PROBLEMS else []
    return "; ".join([*found, *more])
