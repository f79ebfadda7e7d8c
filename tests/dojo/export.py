"""Writes AgentDojo's suites as JSON to stdout. It runs where AgentDojo is, without our package.

The calls are those that AgentDojo itself gives as the right ones. They are made in its own
environments, where each place that an attacker may fill holds a mark: a result with a mark is one
through which an attack comes in.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

VERSION = "v1.2.2"
MARK = "(what an attacker wrote)"


def main() -> None:
    """Writes all suites."""
    if len(sys.argv) > 1:
        sys.path.insert(0, sys.argv[1])
    suites = importlib.import_module("agentdojo.task_suite.load_suites").get_suites(VERSION)
    json.dump({name: suite_data(suite) for name, suite in sorted(suites.items())}, sys.stdout)


def suite_data(suite: Any) -> dict[str, Any]:
    """One suite."""
    return {
        "tools": [
            {"name": tool.name, "schema": tool.parameters.model_json_schema()}
            for tool in suite.tools
        ],
        "tasks": [
            {"name": task.ID, "prompt": task.PROMPT, "calls": calls_of(suite, task)}
            for task in _in_order(suite.user_tasks)
        ],
        "injections": [
            {"name": task.ID, "prompt": task.GOAL, "calls": calls_of(suite, task)}
            for task in _in_order(suite.injection_tasks)
        ],
    }


def _in_order(tasks: dict[str, Any]) -> list[Any]:
    return sorted(tasks.values(), key=lambda task: int(task.ID.rsplit("_", 1)[1]))


def calls_of(suite: Any, task: Any) -> list[dict[str, Any]]:
    """The calls of a task, with what they come to one after the other."""
    runtimes = importlib.import_module("agentdojo.functions_runtime")
    as_text = importlib.import_module("agentdojo.agent_pipeline.tool_execution").tool_result_to_str
    marks = dict.fromkeys(suite.get_injection_vector_defaults(), MARK)
    environment = suite.load_and_inject_default_environment(marks)
    if hasattr(task, "init_environment"):
        environment = task.init_environment(environment)
    runtime, calls = runtimes.FunctionsRuntime(suite.tools), []
    for call in task.ground_truth(environment.model_copy(deep=True)):
        result, error = runtime.run_function(environment, call.function, call.args)
        text = error or as_text(result)
        args = json.loads(json.dumps(dict(call.args), default=str))
        calls.append(
            {"tool": call.function, "args": args, "result": text, "injected": MARK in text}
        )
    return calls


if __name__ == "__main__":
    main()
