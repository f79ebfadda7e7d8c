"""A real kernel and a front-end's messages: clicks reach a form, also while a cell waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from tests.helpers.kernels import kernel

SETUP = """
%load_ext langchain_quickjs
import asyncio
from langchain.agents import create_agent
from langgraph.checkpoint.memory import InMemorySaver
from langchain_quickjs import CodeInterpreterMiddleware
from langchain_quickjs.notebook import aapproval_form, approval_form
from tests.helpers.models import programs

def pay(amount: int) -> str:
    "Pays."
    return f"paid {amount}"

agent = create_agent(
    programs("await tools.pay({amount: 3})"), [],
    middleware=[CodeInterpreterMiddleware(ptc=[pay], interrupt_on={"pay": True})],
    checkpointer=InMemorySaver(),
)
config = {"configurable": {"thread_id": "1"}}
paused = await agent.ainvoke({"messages": [("user", "pay")]}, config)
form = await aapproval_form(agent, config)
"""
BUTTON = """
def below(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from below(child)

button, = [one for one in below(form.widget) if getattr(one, "description", "") == "Approve"]
print(button.comm.comm_id)
"""


@pytest.fixture
def front_end(tmp_path: Path) -> Iterator[FrontEnd]:
    with kernel(tmp_path) as client:
        yield FrontEnd(client)


class FrontEnd:
    """What a notebook does: it runs cells, and sends what people do with widgets."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client: Any = client

    def send(self, cell: str) -> str:
        """Sends a cell, and gives the id of the message."""
        return str(self._client.execute(cell, allow_stdin=False, stop_on_error=False))

    def printed(self, sent: str) -> str:
        """What a cell printed, and its error, once it has ended."""
        said = ""
        while True:
            message = self._client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") != sent:
                continue
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    said += content["text"]
                case "execute_result":
                    said += content["data"]["text/plain"]
                case "error":
                    said += "\n".join(content["traceback"])
                case "status" if content["execution_state"] == "idle":
                    return said

    def until(self, sent: str, text: str) -> None:
        """Waits until a cell that still runs has printed something."""
        said = ""
        while text not in said:
            message = self._client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") == sent and message["msg_type"] == "stream":
                said += message["content"]["text"]

    def run(self, cell: str) -> str:
        return self.printed(self.send(cell))

    def click(self, button: str) -> None:
        """Presses a button, as the view of the widget does."""
        data = {"method": "custom", "content": {"event": "click"}}
        content = {"comm_id": button, "data": data}
        self._client.shell_channel.send(self._client.session.msg("comm_msg", content))


def test_a_click_decides_and_the_next_cell_goes_on(front_end: FrontEnd) -> None:
    assert front_end.run(SETUP) == ""
    front_end.click(front_end.run(BUTTON).strip())
    printed = front_end.run('agent.invoke(form.command, config)["messages"][-2].text')
    assert "paid 3" in printed


def test_a_cell_can_wait_for_a_click(front_end: FrontEnd) -> None:
    assert front_end.run(SETUP) == ""
    button = front_end.run(BUTTON).strip()
    waiting = front_end.send(
        "print('waiting', flush=True)\ncommand = await form\n"
        "(await agent.ainvoke(command, config))['messages'][-2].text"
    )
    front_end.until(waiting, "waiting")
    front_end.click(button)
    assert "paid 3" in front_end.printed(waiting)


def test_errors_are_short_in_a_kernel(front_end: FrontEnd) -> None:
    assert front_end.run(SETUP) == ""
    printed = front_end.run("agent.invoke(form.command, config)")
    assert printed.startswith("DecisionError: Nothing is decided yet (pay)")
    assert "Cell In[2], line 1\n----> 1 agent.invoke(form.command, config)" in printed
    assert len(printed.splitlines()) < 8
    assert len(front_end.run("%tb Verbose").splitlines()) > 20


def test_asynchronous_functions_run_while_the_loop_of_the_kernel_waits(
    front_end: FrontEnd,
) -> None:
    front_end.run(
        "%load_ext langchain_quickjs\nimport asyncio\n"
        "async def late(n: int):\n    await asyncio.sleep(0)\n    print('called', n)\n    return n"
    )
    printed = front_end.run(
        "%%js -t late\nconsole.log('before');\n"
        "await Promise.all([tools.late({n: 1}), tools.late({n: 2})])"
    )
    assert printed.startswith("before\n")
    assert sorted(printed.splitlines()[1:3]) == ["called 1", "called 2"]
    assert printed.endswith("[1, 2]")
