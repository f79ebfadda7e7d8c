"""One call from a script: from its arguments to a tool, and from the tool's answer to the script.

A call takes the way of every tool call of the agent: through the handler that the tool node gives
to `wrap_tool_call`. Validation, injected state, store and runtime, the hooks of other middleware
and error handling are the agent's own. Only the tool itself is replaced, by a copy that notes the
value which its function returns before that is turned into text.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar, cast, get_type_hints

from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.errors import GraphBubbleUp, GraphInterrupt, is_invalid_resume
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command

from langchain_quickjs.interpreter import Raised, Returned
from langchain_quickjs.interpreter.quoting import error_text
from langchain_quickjs.interpreter.values.weight import is_large
from langchain_quickjs.script.calls.tool_results import (
    has_words,
    is_a,
    is_written,
    messages_of,
    parsed,
    returns_text,
    speaks_to_agent,
    written,
)
from langchain_quickjs.script.flow.effects import Answer, Blocked, Launched
from langchain_quickjs.script.langgraph_internals.task import (
    CallPlace,
    OuterTask,
    copy_of,
    entered,
    updates_of,
)
from langchain_quickjs.script.state import StateUpdate

__all__ = ["ToolPath", "Watch", "acall_tool", "call_tool"]

ToolResult = ToolMessage | Command[Any] | list[ToolMessage | Command[Any]]

_NOTHING: Final = object()
_F = TypeVar("_F", bound=Callable[..., Any])


class Watch:
    """Sees one call. This one does nothing with what it sees."""

    __slots__ = ()

    def config(self, config: RunnableConfig) -> RunnableConfig:
        """The config under which the call's tool runs."""
        return config

    def given(self, tool_call: ToolCall) -> ToolCall:
        """What the tool itself is given, behind all hooks: the call, with what was injected."""
        return tool_call

    def begins(self) -> None:
        """The call begins, or goes on."""

    def ends(self, answer: Answer) -> Answer:
        """The call has ended, or was interrupted."""
        return answer


@dataclass(frozen=True, slots=True)
class ToolPath:
    """The way that tool calls take in the graph that the script belongs to.

    Attributes:
        request: The call that runs the script; calls of the script are variations of it.
        handler: What runs a request; a coroutine function when the graph runs asynchronously.
        task: The task that state updates go to, if there is one outside the script's own graph.
        watch: Gives for each call what sees it.
    """

    request: ToolCallRequest
    handler: Callable[[ToolCallRequest], Any]
    task: OuterTask | None = None
    watch: Callable[[Launched], Watch] = field(default=lambda _: Watch())

    def vary(
        self, tool_call: ToolCall, tool: BaseTool, config: RunnableConfig | None = None
    ) -> ToolCallRequest:
        """The request of another call, which runs under `config` if that is given."""
        before = self.request.runtime
        state = self.request.state if self.task is None else self.task.state(self.request.state)
        runtime = replace(
            before, tool_call_id=tool_call["id"], state=state, config=config or before.config
        )
        return replace(self.request, tool_call=tool_call, tool=tool, state=state, runtime=runtime)


def call_tool(path: ToolPath, launched: Launched, config: RunnableConfig, namespace: str) -> Answer:
    """Runs one call to its end; what a tool raises is an answer like any other.

    Args:
        path: The way of the call.
        launched: The call.
        config: The config of the task that the script runs in.
        namespace: That of the script graph.
    """
    recorder = _Recorder(path, launched, config, namespace)
    recorder.watch.begins()
    try:
        with entered(recorder.config):
            result = path.handler(recorder.request())
    except Exception as error:
        return recorder.watch.ends(recorder.failure(error))
    return recorder.watch.ends(recorder.answer(result))


async def acall_tool(
    path: ToolPath, launched: Launched, config: RunnableConfig, namespace: str
) -> Answer:
    """The same for graphs that run asynchronously."""
    make = functools.partial(_Recorder, path, launched, config, namespace)
    recorder = await asyncio.to_thread(make) if is_large(launched.tool_call["args"]) else make()
    recorder.watch.begins()
    try:
        with entered(recorder.config):
            result = await cast("Awaitable[Any]", path.handler(recorder.request()))
    except Exception as error:
        return recorder.watch.ends(recorder.failure(error))
    if is_large(result):
        answer = await asyncio.to_thread(recorder.answer, result)
    else:
        answer = recorder.answer(result)
    return recorder.watch.ends(answer)


class _Recorder:
    """Notes what one call of a tool returns and writes."""

    def __init__(
        self, path: ToolPath, launched: Launched, config: RunnableConfig, namespace: str
    ) -> None:
        self.path = path
        self.launched = launched
        self.call = launched.tool_call
        self.with_artifact = launched.tool.response_format == "content_and_artifact"
        self.value: Any = _NOTHING
        self.content: Any = _NOTHING
        self.wordless: str | None = None
        self.written: list[StateUpdate] = []
        outer = path.request.runtime.config
        self.place = CallPlace(outer, config, namespace, launched, self._write)
        self.watch = path.watch(launched)
        self.config = self.watch.config(self.place.config)

    def request(self) -> ToolCallRequest:
        """What the handler is to run."""
        tool = self._copy_of(self.launched.tool)
        return self.path.vary(self.call, tool, self.config)

    def _copy_of(self, tool: BaseTool) -> BaseTool:
        """The same tool, noting here what it does.

        The copy keeps its class and fields, which hooks may look at; attributes of the instance
        hide the methods that are watched.
        """
        noted = copy_of(tool)
        run, arun = noted._run, noted._arun
        invoke, ainvoke = noted.invoke, noted.ainvoke

        @_in_place_of(run)
        def noting_run(*args: Any, **kwargs: Any) -> Any:
            self.value = run(*args, **kwargs)
            return written(self.value) if self._stops_others() else self.value

        @_in_place_of(arun)
        async def noting_arun(*args: Any, **kwargs: Any) -> Any:
            self.value = await arun(*args, **kwargs)
            if self._stops_others():
                return await asyncio.to_thread(written, self.value)
            return self.value

        def noting_invoke(
            input: Any,  # noqa: A002 - Runnable's name
            config: RunnableConfig | None = None,
            **kwargs: Any,
        ) -> Any:
            self.value = _NOTHING
            given = self.watch.given(input)
            try:
                output = invoke(given, config and self.config, **kwargs)
            except Exception as error:
                output = self._wordless(error)
            return self._noted(output)

        async def noting_ainvoke(
            input: Any,  # noqa: A002 - Runnable's name
            config: RunnableConfig | None = None,
            **kwargs: Any,
        ) -> Any:
            self.value = _NOTHING
            given = self.watch.given(input)
            try:
                output = await ainvoke(given, config and self.config, **kwargs)
            except Exception as error:
                output = self._wordless(error)
            return self._noted(output)

        vars(noted).update(
            _run=noting_run, _arun=noting_arun, invoke=noting_invoke, ainvoke=noting_ainvoke
        )
        return noted

    def answer(self, result: ToolResult) -> Answer:
        """What came out of the handler, for the script and for the agent's state."""
        call_id = cast("str", self.call["id"])
        results = result if isinstance(result, list) else [result]
        commands = [item for item in results if isinstance(item, Command)]
        if any(command.goto or command.graph for command in commands):
            return Answer(
                Raised(
                    "Error",
                    f"{self.call['name']} asked for another step of the agent, which a call from "
                    "a script cannot do. Call it directly.",
                ),
                tuple(self.written),
            )
        updates = [update for command in commands for update in updates_of(command, call_id)]
        if self.path.task is not None:
            self.path.task.write(updates)
        message = next((m for m in messages_of(results) if m.tool_call_id == call_id), None)
        reply, instead = self._reply(message)
        return Answer(reply, (*self.written, *updates), instead)

    def failure(self, error: Exception) -> Answer:
        """What a call that raised means for the script; what it wrote before stays written."""
        if isinstance(error, GraphInterrupt) or is_invalid_resume(error):
            # The tool will run again from its top, and write again.
            if self.path.task is not None:
                self.path.task.withdraw(self.written)
            if not isinstance(error, GraphInterrupt):
                return Answer(Blocked(refused=error))
            interrupts = tuple(error.args[0]) if error.args else ()
            return Answer(Blocked(interrupts, tuple(self.place.answers)))
        if isinstance(error, GraphBubbleUp):
            raise error
        return Answer(Raised.of(error), tuple(self.written), error=error)

    def _wordless(self, error: Exception) -> ToolMessage:
        """The message for a result that LangChain cannot write as text, having run the tool.

        A script needs no text. Some results have none: integers of thousands of digits, objects
        whose own code raises.

        Raises:
            Exception: The error, if it is none of writing a result.
        """
        if self.value is _NOTHING or has_words(self._result()):
            raise error
        self.wordless = f"(a result that cannot be written as text: {error_text(error)})"
        name, call_id = self.call["name"], self.call["id"]
        return ToolMessage(self.wordless, tool_call_id=cast("str", call_id), name=name)

    def _stops_others(self) -> bool:
        """Whether no other thread, nor an event loop, ran while LangChain writes the result."""
        return not self.with_artifact and is_large(self.value) and is_written(self.value)

    def _result(self) -> Any:
        """What the tool's function returned, without the artifact."""
        with_artifact = self.with_artifact and is_a(self.value, tuple)
        return next(tuple.__iter__(self.value), None) if with_artifact else self.value

    def _reply(
        self, message: ToolMessage | None
    ) -> tuple[Returned | Raised, Callable[[], Returned] | None]:
        if message is None:
            return Returned(None), None
        if message.status == "error":
            return Raised("ToolError", message.text), None
        value = self._result()
        if self.wordless is not None and message.content == self.wordless:
            return Returned(value), None
        text = returns_text(self.launched.tool) if value is _NOTHING else is_a(value, str)
        if text or speaks_to_agent(value):
            return Returned(message.content), None
        instead = functools.partial(parsed, message.content)
        if value is _NOTHING:
            return instead(), None  # A hook has answered in the tool's place, perhaps from a cache.
        # A hook that changed the message changed the answer: the script gets what the agent would.
        return (Returned(value), instead) if message.content == self.content else (instead(), None)

    def _noted(self, output: Any) -> Any:
        self.content = output.content if isinstance(output, ToolMessage) else _NOTHING
        return output

    def _write(self, writes: Any) -> None:
        # LangGraph's own entries, like `__resume__`, are no state.
        updates = [(key, value) for key, value in writes if not key.startswith("__")]
        self.written.extend(updates)
        if self.path.task is not None:
            self.path.task.write(updates)


def _in_place_of(method: Callable[..., Any]) -> Callable[[_F], _F]:
    """Makes a function look like a tool's method.

    LangChain inspects the method at each call. Here what it looks for is ready: with annotations
    that are text, as most are, finding it takes as long as half of the call.
    """

    def decorate(function: _F) -> _F:
        functools.update_wrapper(function, method)
        signature, hints = _interface(getattr(method, "__func__", method))
        function.__annotations__ = hints
        if inspect.ismethod(method):
            unbound = list(signature.parameters.values())[1:]
            signature = signature.replace(parameters=unbound)
        vars(function)["__signature__"] = signature
        return function

    return decorate


@functools.lru_cache(maxsize=256)
def _interface(function: Callable[..., Any]) -> tuple[inspect.Signature, dict[str, Any]]:
    try:
        hints = get_type_hints(function, include_extras=True)
    except (NameError, TypeError):  # names that exist for type checkers only
        hints = dict(function.__annotations__)
    return inspect.signature(function), hints
