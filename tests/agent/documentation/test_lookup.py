"""Programs ask about the tools they have."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain.agents.middleware import AgentMiddleware
from langchain.tools import InjectedState, ToolRuntime
from langchain_core.tools import BaseTool, StructuredTool, tool

from langchain_quickjs import Call, CodeInterpreterMiddleware, Raised, Returned, ToolNameError
from langchain_quickjs.agent.documentation.comments import size
from langchain_quickjs.agent.documentation.lookup import Lookups
from langchain_quickjs.script.calls.js_names import camel_case, js_names
from tests.helpers.conversations import MODES, Conversation, Mode
from tests.helpers.crashes import DURABILITIES, Durability
from tests.helpers.many_tools import many_tools
from tests.helpers.stories import APPROVE


@tool
def lookup_order(order_id: str, runtime: ToolRuntime) -> dict[str, Any]:
    """Finds one by its number.

    Takes a moment, in which nothing else is done.

    Args:
        order_id: The number, like A-17.
    """
    return {"id": order_id, "thread": runtime.config["configurable"]["thread_id"]}


@tool("send-mail")
def send_mail(recipient: str, body: str, state: Annotated[dict[str, Any], InjectedState]) -> str:
    """Writes to somebody."""
    return f"to {recipient}: {body}"


@tool
def list_categories() -> list[str]:
    """Lists what orders are sorted by."""
    return ["a", "b"]


TOOLS: list[BaseTool] = [list_categories, lookup_order, send_mail]
ASKED = {"send-mail"}


def asked(name: str, *args: Any, tools: list[BaseTool] = TOOLS) -> Any:
    answer = Lookups().of(js_names(tools), ASKED)[name](Call(1, name, args))
    return answer.value if isinstance(answer, Returned) else answer


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("lookupOrder", "lookupOrder"),
        ("lookup_order", "lookupOrder"),
        ("look up orders", "lookupOrder"),
        ("LOOKUP-ORDER", "lookupOrder"),
        ("Order Lookup", "lookupOrder"),
        ("order id", "lookupOrder"),
        ("sending mails", "sendMail"),
        ("recip", "sendMail"),
        ("category", "listCategories"),
        (["mail", "recipient"], "sendMail"),
    ],
)
def test_words_find_names_in_any_style(words: Any, first: str) -> None:
    lines = asked("$search", words).splitlines()
    assert next(line for line in lines if "tools." in line).startswith(f"tools.{first}(")


def test_a_search_says_how_many_there_are() -> None:
    assert asked("$search", "mail").startswith("// 1 of 1 tools found (of 3 in all), best first\n")
    text = asked("$search", "customer", tools=many_tools(1000))
    assert text.startswith("// 20 of 50 tools found (of 1000 in all), best first\n")
    assert asked("$search", "").startswith("// 3 of 3 tools found (of 3 in all), best first\n")
    assert asked("$search", "zebra") == "// 0 of 3 tools found."
    assert asked("$search", "lokup_ordr") == (
        "// 0 of 3 tools found. The nearest names: lookupOrder."
    )


@pytest.mark.parametrize("words", ["runtime", "state"])
def test_injected_arguments_are_not_found(words: str) -> None:
    assert asked("$search", words) == "// 0 of 3 tools found."


DESCRIBED = """\
// Finds one by its number.
// Takes a moment, in which nothing else is done.
tools.lookupOrder(args: {
  order_id: string; // The number, like A-17.
}): Promise<Record<string, unknown>>;"""


@pytest.mark.parametrize("name", ["lookupOrder", "lookup_order", "lookup-order", "LookupOrder"])
def test_all_that_is_known_of_a_tool(name: str) -> None:
    assert asked("$describe", name) == DESCRIBED


def test_it_tells_of_approvals_and_of_several_tools() -> None:
    text = asked("$describe", ["sendMail"], "lookupOrder")
    assert text.startswith("// A person has to approve its calls.\n// Writes to somebody.\n")
    assert text.endswith(DESCRIBED)


def test_nothing_of_a_long_description_is_left_out() -> None:
    words = [f"word{number}" for number in range(500)]
    schema = {"properties": {"a": {"type": "string", "description": " ".join(words[:400])}}}
    long = StructuredTool(
        name="long", description=" ".join(words), args_schema=schema, func=lambda **_: None
    )
    text = asked("$describe", "long", tools=[long])
    assert "word499" in text
    assert text.count("word399") == 2
    assert "…" not in text


def test_an_unknown_name_lists_the_nearest() -> None:
    assert asked("$describe", "lookOrder") == (
        "// There is no tool `lookOrder`. The nearest names: lookupOrder."
    )
    assert asked("$describe", "```\n*/").startswith("// There is no tool `''' */`.")


@pytest.mark.parametrize("args", [(), (1,), ("a", None), ([1],)])
def test_what_is_no_name_is_an_error(args: tuple[Any, ...]) -> None:
    assert isinstance(asked("$describe", *args), Raised)


def test_what_are_no_words_is_an_error() -> None:
    assert isinstance(asked("$search", {"query": "x"}), Raised)


MANY = many_tools(40)


@given(st.lists(st.text(max_size=200) | st.sampled_from([t.name for t in MANY]), max_size=50))
def test_answers_are_bounded_and_the_same_each_time(words: list[str]) -> None:
    found = asked("$search", words, tools=MANY)
    assert size(found) < 3200
    assert found == asked("$search", words, tools=MANY)
    if words:
        assert size(asked("$describe", words, tools=MANY)) < 80_000


def test_a_hostile_tool_does_not_make_them_long() -> None:
    huge = StructuredTool(
        name="x" * 5000,
        description="word " * 100_000,
        args_schema={"type": "object", "properties": {f"a{n}": {} for n in range(5000)}},
        func=lambda **_: None,
    )
    tools = [huge, *TOOLS]
    assert size(asked("$search", "word", tools=tools)) < 3200
    assert size(asked("$describe", huge.name, tools=tools)) <= 64 * 1024


@pytest.mark.parametrize("name", ["$search", "$describe"])
def test_no_tool_has_these_names(name: str) -> None:
    """Names of tools may have a dollar in them."""
    assert camel_case(name) == name
    named = StructuredTool.from_function(lambda: None, name=name, description="d")
    with pytest.raises(ToolNameError, match="a function that tells of tools"):
        js_names([named])


class Counts(AgentMiddleware[Any, Any, Any]):
    """Sees all calls of tools."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def wrap_tool_call(self, request: Any, handler: Any) -> Any:
        self.seen.append(request.tool_call["name"])
        return handler(request)

    async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
        self.seen.append(request.tool_call["name"])
        return await handler(request)


PROGRAM = """\
const found = await tools.$search("find order");
const name = /tools\\.(\\w+)/.exec(found)[1];
const wrong = await tools.$search({}).catch((error) => error.name);
const sent = await tools.sendMail({ recipient: "ann", body: name });
const again = await tools.$describe("send-mail");
({ name, wrong, sent, again: again.split("\\n")[0] })
"""


@pytest.mark.parametrize("durability", DURABILITIES)
@pytest.mark.parametrize("mode", MODES)
def test_questions_are_no_calls_of_the_agent(mode: Mode, durability: Durability) -> None:
    """No hook sees them, nobody is told of them; after a pause they are answered as before."""
    counts = Counts()
    ours = CodeInterpreterMiddleware(
        ptc=TOOLS, interrupt_on={"send-mail": True}, durability=durability
    )
    talk = Conversation("create_agent", mode, None, PROGRAM, TOOLS)
    talk.agent_options = {"middleware": [ours, counts]}
    talk.start()
    told = talk.question["action_requests"]
    assert [request["name"] for request in told] == ["send-mail"]
    assert "$" not in str(told).replace("tools.$", "")
    assert talk.question["calls_so_far"] == []
    talk.decide(APPROVE)
    assert talk.text == (
        '<result>{name: "lookupOrder", wrong: "TypeError", sent: "to ann: lookupOrder", '
        'again: "// A person has to approve its calls."}</result>'
    )
    assert [name for name in counts.seen if name != "eval"] == ["send-mail"]


def test_a_program_that_fails_tells_of_its_calls_only() -> None:
    program = "await tools.$search('x'); await tools.lookupOrder({ order_id: 'a' }); null.x"
    talk = Conversation("create_agent", "invoke", None, program, TOOLS)
    talk.start()
    assert "$search" not in talk.text
    assert 'done: lookup_order({"order_id": "a"})' in talk.text


def test_they_count_for_the_limit_of_calls() -> None:
    """Each costs the host something."""
    program = "for (;;) await tools.$search('x')"
    talk = Conversation("create_agent", "invoke", None, program, TOOLS)
    talk.options = {"max_ptc_calls": 5}
    talk.start()
    assert "PTCCallBudgetExceeded" in talk.text
