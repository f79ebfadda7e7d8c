"""One call from a script: from its arguments to a tool, and from the tool's answer to the script.

A call takes the way of every tool call of the agent: through the handler that the tool node gives
to `wrap_tool_call`. Validation, injected state, store and runtime, the hooks of other middleware
and error handling are the agent's own. Only the tool itself is replaced, by a copy that notes the
value which its function returns before that is turned into text.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, cast

from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.errors import GraphBubbleUp, GraphInterrupt, is_invalid_resume
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command

from langchain_quickjs.interpreter import Raised, Returned
from langchain_quickjs.interpreter.values.weight import is_large
from langchain_quickjs.quoting import error_text
from langchain_quickjs.script.arguments.json_values import copied
from langchain_quickjs.script.calls.content_blocks import (
    Read,
    error_words,
    has_files,
    is_content,
    read_content,
    structured_content,
)
from langchain_quickjs.script.calls.coroutines import wait_for
from langchain_quickjs.script.calls.tool_path import ToolPath
from langchain_quickjs.script.calls.tool_results import (
    described,
    has_words,
    is_a,
    is_written,
    messages_of,
    parsed,
    returns_text,
    speaks_to_agent,
    written,
    written_by_node,
)
from langchain_quickjs.script.flow.call_ids import digest
from langchain_quickjs.script.flow.drivers import Compute, Invoke, Work, adrive, drive
from langchain_quickjs.script.flow.inputs import Answer, Blocked, Instead, Launched
from langchain_quickjs.script.labels.results import CallLabels, noting_for
from langchain_quickjs.script.langgraph_internals.call_place import CallPlace, make_current
from langchain_quickjs.script.langgraph_internals.tools import (
    copy_tool,
    give_methods_back,
    has_only_coroutine,
    replace_methods,
    run_awaited,
    run_methods,
    says_it_has_no_run,
    updates_of_command,
)
from langchain_quickjs.script.state import OpenCall, StateUpdate

__all__ = ["call_tool", "tool_call_of"]

_Results = ToolMessage | Command[Any] | list[ToolMessage | Command[Any]]

_NOTHING: Final = object()


def tool_call_of(call: OpenCall) -> ToolCall:
    """A script's call as the model would make it. Whoever gets it may change it."""
    args = copied(call["args"])
    return ToolCall(name=call["name"], args=args, id=call["tool_call_id"], type="tool_call")


def call_tool(
    path: ToolPath, launched: Launched, config: RunnableConfig, namespace: str
) -> Work[Answer]:
    """Runs one call to its end; what a tool raises is an answer like any other.

    Args:
        path: The way of the call.
        launched: The call.
        config: The config of the task that the script runs in.
        namespace: That of the script graph.
    """
    make = functools.partial(_Recorder, path, launched, config, namespace)
    recorder: _Recorder = (yield Compute(make)) if is_large(launched.call["args"]) else make()
    labels: CallLabels | None = None
    try:
        with make_current(recorder.place.config), noting_for(launched.touched) as labels:
            result = yield Invoke(functools.partial(path.handler, recorder.request()))
    except Exception as error:
        return _labelled(recorder.failure(error), labels)
    finally:
        recorder.let_go()
    read = functools.partial(recorder.answer, result)
    answer = (yield Compute(read)) if is_large(result) else read()
    return _labelled(answer, labels)


def _labelled(answer: Answer, labels: CallLabels | None) -> Answer:
    """The answer with what was touched inside of the call."""
    return replace(answer, touched=labels.added) if labels and labels.added.labels else answer


class _Recorder:
    """Notes what one call of a tool returns and writes."""

    def __init__(
        self, path: ToolPath, launched: Launched, config: RunnableConfig, namespace: str
    ) -> None:
        self.path = path
        self.launched = launched
        self.call = tool_call_of(launched.call)
        self.with_artifact = launched.tool.response_format == "content_and_artifact"
        self.value: Any = _NOTHING
        self.content: Any = _NOTHING
        self.wordless: str | None = None
        self.reads: Callable[[str], Returned | Raised] | None = None
        self.written: list[StateUpdate] = []
        self.noted: BaseTool | None = None
        outer = path.request.runtime.config
        self.place = CallPlace(
            launched.call,
            # The call's id is made of its tool and arguments, so no other call has this name.
            digest(str(self.call["id"])),
            outer=outer,
            inner=config,
            namespace=namespace,
            again=launched.again,
            resumed=launched.resumed,
            send=self._write,
        )

    def request(self) -> ToolCallRequest:
        """What the handler is to run."""
        self.noted = self._noting(self.launched.tool)
        return self.path.vary(self.call, self.noted, self.place.config)

    def let_go(self) -> None:
        """Ends the noting, so that what the call held goes at once, and not as garbage."""
        if self.noted is not None:
            give_methods_back(self.noted)

    def _noting(self, tool: BaseTool) -> BaseTool:
        """Makes a copy of the tool that notes here what it does.

        The copy keeps its class and fields, which hooks may look at; attributes of the instance
        hide the methods that are watched.
        """
        noted = copy_tool(tool)
        run, arun = run_methods(noted)
        invoke, ainvoke = noted.invoke, noted.ainvoke

        def noting_run(*args: Any, **kwargs: Any) -> Any:
            return (
                drive(self._written())
                if self._is_long(self._run(run, arun, *args, **kwargs))
                else self.value
            )

        async def noting_arun(*args: Any, **kwargs: Any) -> Any:
            return (
                await adrive(self._written())
                if self._is_long(await arun(*args, **kwargs))
                else self.value
            )

        def noting_invoke(
            input: Any,  # noqa: A002 - Runnable's name
            config: RunnableConfig | None = None,
            **kwargs: Any,
        ) -> Any:
            return drive(self._invoking(functools.partial(invoke, **kwargs), input, config))

        async def noting_ainvoke(
            input: Any,  # noqa: A002 - Runnable's name
            config: RunnableConfig | None = None,
            **kwargs: Any,
        ) -> Any:
            return await adrive(self._invoking(functools.partial(ainvoke, **kwargs), input, config))

        replace_methods(
            noted, run=noting_run, arun=noting_arun, invoke=noting_invoke, ainvoke=noting_ainvoke
        )
        return noted

    def _run(
        self, run: Callable[..., Any], arun: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Any:
        """Runs the tool's function where the graph runs synchronously."""
        tool = self.launched.tool
        if not has_only_coroutine(tool):
            try:
                return run(*args, **kwargs)
            except NotImplementedError as error:
                if not says_it_has_no_run(tool, error):
                    raise
        return wait_for(functools.partial(run_awaited, arun, *args, **kwargs), tool.name)

    def _is_long(self, value: Any) -> bool:
        """Notes what the tool's function returned, and says whether writing that takes long."""
        self.value = value
        return self._stops_others()

    def _written(self) -> Work[Any]:
        return (yield Compute(functools.partial(written, self.value)))

    def _invoking(
        self, invoke: Callable[..., Any], tool_call: ToolCall, config: RunnableConfig | None
    ) -> Work[Any]:
        """Runs the tool with what was injected into the call, and notes what came out of it."""
        self.value = _NOTHING
        config = config and self.place.config
        observer = self.path.observer
        observing = observer(self.launched, tool_call, self.place.config) if observer else None
        try:
            if observing is None:
                output = yield Invoke(functools.partial(invoke, tool_call, config))
            else:
                with observing as seen:
                    output = yield Invoke(functools.partial(invoke, seen.tool_call, seen.config))
                    self.reads = seen.reads(output)
        except Exception as error:
            output = self._wordless(error)
        said = messages_of(output if isinstance(output, list) else [output])
        mine = (message.content for message in said if message.tool_call_id == self.call["id"])
        self.content = next(mine, _NOTHING)
        return output

    def answer(self, result: _Results) -> Answer:
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
        updates = [
            update for command in commands for update in updates_of_command(command, call_id)
        ]
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

    def _reply(self, message: ToolMessage | None) -> tuple[Returned | Raised, Instead | None]:
        if message is None:
            return Returned(None), None
        if message.status == "error":
            return Raised("ToolError", error_words(message.content)), None
        if self.reads is not None and isinstance(message.content, str):
            return self.reads(message.content), None
        value = self._result()
        if self.wordless is not None and message.content == self.wordless:
            return Returned(value), None
        if (read := self._content(message, value)) is not None:
            return read
        text = returns_text(self.launched.tool) if value is _NOTHING else is_a(value, str)
        if text or speaks_to_agent(value):
            return Returned(message.content), None
        # A hook has answered in the tool's place, perhaps from a cache; or has changed the message,
        # and so the answer: the script gets what the agent would.
        if value is _NOTHING or message.content != self.content:
            return parsed(message.content), None
        return Returned(value), functools.partial(described, value, message.content)

    def _content(self, message: ToolMessage, value: Any) -> Read | None:
        """What content blocks come to; `None` if the tool gave none.

        A function may return data that looks like blocks of text: blocks are what a tool says are
        for the agent, and what has a file in it.
        """
        unchanged = value is _NOTHING or self._is_unchanged(message)
        blocks: Any = message.content
        if type(blocks) is not list and unchanged:
            blocks = value if type(value) is list else self.content
        says_so = self.with_artifact or speaks_to_agent(value)
        found = is_content(blocks) if says_so else has_files(blocks)
        data = structured_content(message.artifact) if unchanged else None
        if data is not None:
            text = functools.partial(parsed, message.content)
            return Read(Returned(data), (lambda: read_content(blocks).reply) if found else text)
        return read_content(blocks) if found else None

    def _is_unchanged(self, message: ToolMessage) -> bool:
        """Whether a message has the content that the tool gave it, as far as hooks are concerned.

        The tool node writes lists as text that are none of content as it knows it.
        """
        if type(self.content) is list and type(message.content) is str:
            return message.content == written_by_node(self.content)
        return bool(message.content == self.content)

    def _write(self, writes: Any) -> None:
        # LangGraph's own entries, like `__resume__`, are no state.
        updates = [(key, value) for key, value in writes if not key.startswith("__")]
        self.written.extend(updates)
        if self.path.task is not None:
            self.path.task.write(updates)
