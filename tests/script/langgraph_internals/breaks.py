"""For each canary, a change to a package that breaks the fact which it stands for.

A change renames, moves or leaves out what the fact names, in such a way that the package still
works by itself as far as it can: as a new release of it might.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["BREAKS", "Change"]


@dataclass(frozen=True)
class Change:
    """One edit of a package.

    Attributes:
        package: The package's folder among those that are installed.
        pattern: What is replaced, in all its files.
        by: What it is replaced by.
    """

    package: str
    pattern: str
    by: str

    def apply(self, folder: Path) -> None:
        """Makes the change in a copy of the package.

        Raises:
            LookupError: There is nothing to change: the package is another one.
        """
        made = 0
        for path in (folder / self.package).rglob("*.py"):
            text, times = re.subn(self.pattern, self.by, path.read_text())
            if times:
                path.write_text(text)
            made += times
        if not made:
            raise LookupError(f"{self.package} has no {self.pattern!r}")


def renamed(name: str, package: str = "langgraph") -> Change:
    return Change(package, rf"\b{name}\b", f"{name}_of_now")


def langgraph(pattern: str, by: str) -> Change:
    return Change("langgraph", pattern, by)


def langchain(pattern: str, by: str) -> Change:
    return Change("langchain", pattern, by)


def langchain_core(pattern: str, by: str) -> Change:
    return Change("langchain_core", pattern, by)


def deepagents(pattern: str, by: str) -> Change:
    return Change("deepagents", pattern, by)


BREAKS: Final[dict[str, tuple[Change, ...]]] = {
    "test_the_run_and_its_nodes": (renamed("schedule_task"),),
    "test_the_end_of_a_run": (langgraph(r"\bself\.stack\b", "self.stack_of_now"),),
    "test_where_a_thread_was_forked": (renamed("checkpoint_metadata"),),
    "test_the_id_of_a_task_at_another_checkpoint": (renamed("prepare_next_tasks"),),
    "test_an_answer_at_a_checkpoint_that_the_thread_has_left": (
        renamed("_addressed_checkpoint_superseded"),
    ),
    "test_the_channels": (
        langgraph(
            r"(local_read,\s+scratchpad,\s+)channels,(\s+)managed,", r"\1managed,\2channels,"
        ),
        langgraph(
            r"(\(\s+scratchpad: \w+,\s+)(channels: .+\s+)(managed: .+\s+)(task: WritesProtocol)",
            r"\1\3\2\4",
        ),
    ),
    "test_the_current_config": (
        renamed("var_child_runnable_config", "langchain_core"),
        renamed("var_child_runnable_config"),
    ),
    "test_what_a_task_writes": (
        langgraph(
            r"(PregelTaskWrites\(\s+task_path\[:3\],\s+name,\s+)writes,", r"\1tuple(writes),"
        ),
    ),
    "test_keys_without_a_reducer": (
        langgraph(
            r"fallback: LastValue = LastValue\(annotation\)",
            "from langgraph.channels import UntrackedValue\n"
            "    fallback = UntrackedValue(annotation)",
        ),
    ),
    "test_the_files_of_deep_agents": (
        deepagents(r'send = config\["configurable"\]\[CONFIG_KEY_SEND\]', "send = print"),
    ),
    "test_what_nobody_is_shown": (
        langgraph(r"stream_keys=self\.stream_channels_asis", "stream_keys=list(self.channels)"),
    ),
    "test_the_custom_stream": (renamed("modes"),),
    "test_the_ids_of_interrupts": (
        langgraph(
            r"id=_interrupt_id\(\s+conf\[CONFIG_KEY_CHECKPOINT_NS\], len\(scratchpad.resume\)",
            'id=_interrupt_id(\n "at:" + conf[CONFIG_KEY_CHECKPOINT_NS], len(scratchpad.resume)',
        ),
    ),
    "test_the_order_of_interrupts": (renamed("interrupt_counter"),),
    "test_answers_without_an_id_stay_outside_of_a_call": (renamed("get_null_resume"),),
    "test_the_numbers_of_graphs": (
        langgraph(
            r"if cnt := scratchpad\.subgraph_counter\(\):",
            "if cnt := scratchpad.subgraph_counter() + 1:",
        ),
    ),
    "test_a_graph_in_a_call_goes_on": (
        langgraph(
            r"CONFIG_KEY_RESUMING,(\s+)self\.input is None", r'"goes_on",\1self.input is None'
        ),
    ),
    "test_a_graph_in_a_call_gets_its_answers": (
        langgraph(r"config\[CONF\]\.get\(CONFIG_KEY_RESUME_MAP\)", "None"),
    ),
    "test_namespaces": (
        langgraph(
            r'f"\{parent_ns\}\{NS_SEP\}\{name\}"', 'f"{parent_ns}{NS_SEP}{step}{NS_SEP}{name}"'
        ),
    ),
    "test_answers_by_id": (
        langgraph(r"self\.config\[CONF\]\[CONFIG_KEY_RESUME_MAP\] = resume", "pass"),
    ),
    "test_the_answer_without_an_id": (
        langgraph(r"pending_writes\.remove\(null_resume_write\)", "pass"),
    ),
    "test_a_left_over_answer": (renamed("is_nested"),),
    "test_the_interrupts_that_stood": (renamed("checkpoint_pending_writes"),),
    "test_whether_a_task_was_started_before": (
        langgraph(r"CONFIG_KEY_RESUMING: is_resuming,", "CONFIG_KEY_RESUMING: False,"),
    ),
    "test_answers_that_do_not_fit": (renamed("_mark_invalid_resume"),),
    "test_the_order_of_tool_calls": (langgraph(r"\{tup:010d\}", "{tup}"),),
    "test_what_other_tasks_have_written": (renamed("writes"),),
    "test_a_task_that_has_ended": (renamed("_written_task_ids"),),
    "test_a_task_that_was_interrupted": (
        langgraph(r"writes = \[\(INTERRUPT, exception\.args\[0\]\)\]", "writes = []"),
    ),
    "test_a_task_that_has_failed": (
        langgraph(
            r"task\.writes\.append\(\(ERROR, exception\)\)",
            "task.writes.append((ERROR, str(exception)))",
        ),
    ),
    "test_a_task_that_ended_in_an_earlier_run": (
        langgraph(r"tasks\[tid\]\.writes\.extend\(status\.output\)", "pass"),
    ),
    "test_the_turn_of_a_run": (
        Change("langgraph/pregel", r"\b(self|loop)\.checkpoint\b", r"\1.checkpoint_of_now"),
    ),
    "test_what_streams_show": (renamed("output_keys"), renamed("stream_keys")),
    "test_the_checkpointer": (
        langgraph(r"CONFIG_KEY_CHECKPOINTER: \(\s+checkpointer\s+or [^\n]*\n\s+\),", ""),
    ),
    "test_the_durability": (
        langgraph(r"config\[CONF\]\[CONFIG_KEY_DURABILITY\] = durability_", "pass"),
    ),
    "test_the_checkpoints_above": (
        langgraph(r'parent_ns: checkpoint\["id"\],', 'f"/{parent_ns}": checkpoint["id"],'),
    ),
    "test_forgetting_an_answer": (langgraph(r", RESUME: -4\}", "}"),),
    "test_the_namespace_of_a_task": (
        langgraph(r"\{NS_END\}\{task_id\}", "{NS_END}of-now-{task_id}"),
    ),
    "test_the_interrupts_that_stand": (
        langgraph(r"writes = \[\(INTERRUPT, exception\.args\[0\]\)\]", "writes = []"),
    ),
    "test_the_threads_that_wait": (
        renamed("storage", "langgraph/checkpoint"),
        renamed("writes", "langgraph/checkpoint/sqlite"),
    ),
    "test_what_is_overwritten": (langgraph(r", RESUME: -4\}", "}"),),
    "test_channels_without_a_value": (
        Change("langgraph/channels", r"self\.value = MISSING", "self.value = None"),
    ),
    "test_the_methods_of_a_tool": (
        langchain_core(r"context\.run\(self\._run,", "context.run(type(self)._run, self,"),
    ),
    "test_the_signature_of_a_tool": (
        langchain_core(
            r"_get_runnable_config_param\(self\._run\)",
            "_get_runnable_config_param(vars(self).get('_of_now', str))",
        ),
    ),
    "test_the_injected_arguments_of_a_copy": (
        langchain_core(r"@functools\.cached_property(\s+def _injected_args_keys)", r"@property\1"),
    ),
    "test_the_function_of_a_tool": (renamed("coroutine", "langchain_core/tools"),),
    "test_the_coroutine_of_a_tool": (renamed("func", "langchain_core/tools"),),
    "test_what_a_tool_of_mcp_holds": (renamed("tool", "langchain_mcp_adapters"),),
    "test_the_updates_of_a_command": (renamed("_update_as_tuples"),),
    "test_the_form_of_a_subagents_answer": (
        deepagents("__deepagents_subagent_response_format", "__deepagents_response_format"),
    ),
    "test_that_an_agent_is_a_subagent": (deepagents('"ls_agent_type"', '"ls_agent_kind"'),),
    "test_the_answer_that_deep_agents_makes_up": (deepagents(r', status="error"', ""),),
    "test_the_tool_node_of_an_agent": (renamed("_wrap_tool_call"),),
    "test_the_middleware_of_an_agent": (
        Change("langgraph", r"\b(self|bound)\.func\b", r"\1.func_of_now"),
        Change("langgraph", r"\b(self|bound)\.afunc\b", r"\1.afunc_of_now"),
    ),
    "test_the_tools_of_subagents": (renamed("subagent_graphs", "deepagents"),),
    "test_the_handler_of_a_hook": (
        langchain(
            r"return outer\(request, call_inner\)",
            "kind = type('Handler', (), {'__call__': staticmethod(call_inner)})\n"
            "            return outer(request, kind())",
        ),
    ),
    "test_the_order_of_hooks": (
        renamed("outer", "langchain/agents"),
        renamed("inner", "langchain/agents"),
    ),
    "test_an_agent_that_asks_people_shows_it_by_a_node": (langgraph("branch:to:", "to:"),),
    "test_an_agent_that_asks_people_shows_it_by_a_key": (
        langchain("state_schema = _HumanInTheLoopState", "state_schema = AgentState"),
    ),
}
