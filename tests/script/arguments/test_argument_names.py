"""Arguments under other names than the tool's: the error says what to write."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.tools import StructuredTool, tool
from pydantic import BaseModel, Field

from langchain_quickjs import create_script_graph
from tests.helpers.conversations import MODES, Mode

CALLED: list[dict[str, Any]] = []


class ShipTo(BaseModel):
    first_name: str
    zip_code: str = ""


class Line(BaseModel):
    item_id: str


class Aliased(BaseModel):
    order_id: str = Field(alias="orderNo")
    note: str


@tool
def lookup_order(order_id: str) -> None:
    """Looks an order up."""
    CALLED.append({"order_id": order_id})


@tool
def issue_refund(order_id: str, amount: float, note: str = "") -> None:
    """Pays back."""
    CALLED.append({"order_id": order_id})


@tool
def create(ship_to: ShipTo, order_lines: list[Line], either: ShipTo | Line | None = None) -> None:
    """Makes an order."""
    CALLED.append({"ship_to": ship_to})


@tool(args_schema=Aliased)
def aliased(order_id: str, note: str) -> None:
    """Takes a name or its alias."""
    CALLED.append({"order_id": order_id})


@tool
def nothing() -> None:
    """Takes nothing."""
    CALLED.append({})


def of_schema(name: str, schema: dict[str, Any]) -> StructuredTool:
    def take(**given: Any) -> None:
        CALLED.append(given)

    return StructuredTool(name=name, description="-", args_schema=schema, func=take)


TEXT = {"type": "string"}
MCP = of_schema(
    "search",
    {
        "type": "object",
        "properties": {
            "maxItems": {"type": "integer"},
            "filter": {
                "type": "object",
                "properties": {"minPrice": {"type": "number"}, "in_stock": {"type": "boolean"}},
                "required": ["minPrice"],
                "additionalProperties": False,
            },
        },
        "required": ["maxItems"],
    },
)
WIDE = of_schema(
    "wide",
    {
        "type": "object",
        "properties": {f"name_{n}": TEXT for n in range(9)},
        "required": [f"name_{n}" for n in range(8)],
    },
)
ODD = of_schema("odd", {"type": "object", "properties": {"a-b": TEXT}, "required": ["a-b"]})
TOOLS = [lookup_order, issue_refund, create, aliased, nothing, MCP, WIDE, ODD]

ONE_ID = "lookupOrder has no `{}`: write `order_id`; it takes `order_id`."
FORM = "takes one object with named arguments: tools."
ERRORS = {
    **{
        f'lookupOrder({{ "{name}": "A" }})': ONE_ID.format(name)
        for name in ("orderId", "OrderId", "orderID", "orderid", "ORDER_ID", "order-id", "order id")
    },
    "lookupOrder({ ordreId: 'A' })": (
        "lookupOrder has no `ordreId`; it takes `order_id`. Did you mean `order_id`?"
    ),
    "lookupOrder({ id: 'A' })": "lookupOrder has no `id`; lacks `order_id`; it takes `order_id`.",
    "lookupOrder({ order_id: 'A', orderId: 'B' })": ONE_ID.format("orderId"),
    "issueRefund({ orderId: 'A' })": (
        "issueRefund has no `orderId`: write `order_id`; lacks `amount`; "
        "it takes `order_id`, `amount`, `note`."
    ),
    "issueRefund({ orderId: 'A', Amount: 1, why: '' })": (
        "issueRefund has no `orderId`: write `order_id`; has no `Amount`: write `amount`; "
        "has no `why`; it takes `order_id`, `amount`, `note`."
    ),
    "issueRefund({ orderId: 'A', amount: 'ten' })": (
        "issueRefund has no `orderId`: write `order_id`; it takes `order_id`, `amount`, `note`. "
        "amount must be a number, it is text"
    ),
    "create({ shipTo: { firstName: 'x', zip_code: '1' }, orderLines: [{ itemId: 'a' }] })": (
        "create has no `shipTo`: write `ship_to`; has no `orderLines`: write `order_lines`; "
        "it takes `ship_to`, `order_lines`, `either`. "
        "shipTo has no `firstName`: write `first_name`; it takes `first_name`, `zip_code`. "
        "orderLines[0] has no `itemId`: write `item_id`; it takes `item_id`."
    ),
    "create({ ship_to: { first_name: 'x', zipCode: '1' }, order_lines: [{ item_id: 'a' }] })": (
        "create: ship_to has no `zipCode`: write `zip_code`; it takes `first_name`, `zip_code`."
    ),
    "create({ ship_to: { first_name: 'x' }, order_lines: [], either: { itemId: 'a' } })": (
        "create: either has no `itemId`: write `item_id`; "
        "it takes `first_name`, `zip_code`, `item_id`."
    ),
    "aliased({ orderNo: 'A', Note: '' })": "aliased has no `Note`: write `note`; it takes ",
    "aliased({ order_no: 'A', note: '' })": "aliased has no `order_no`: write `orderNo`; it takes ",
    "search({ max_items: 3 })": (
        "search has no `max_items`: write `maxItems`; it takes `maxItems`, `filter`."
    ),
    "search({ maxItems: 3, filter: { min_price: 1, inStock: true } })": (
        "search: filter has no `min_price`: write `minPrice`; has no `inStock`: write `in_stock`; "
        "it takes `minPrice`, `in_stock`."
    ),
    "search({ filter: { minPrice: 1 } })": "search lacks `maxItems`",
    "lookupOrder('A-1')": f"lookupOrder {FORM}lookupOrder({{ order_id: ... }})",
    "lookupOrder(['A-1'])": f"lookupOrder {FORM}lookupOrder({{ order_id: ... }})",
    "issueRefund('A-1', 80)": f"issueRefund {FORM}issueRefund({{ order_id: ..., amount: ... }})",
    "wide(1)": f"wide {FORM}wide({{ name_0: ..., name_1: ..., name_2: ..., name_3: ..., "
    "name_4: ..., ... })",
    "odd(1)": f'odd {FORM}odd({{ "a-b": ... }})',
    "nothing(1)": f"nothing {FORM}nothing()",
}


@pytest.mark.parametrize("mode", MODES)
def test_the_error_says_what_to_write_and_nothing_is_called(mode: Mode) -> None:
    CALLED.clear()
    calls = ",\n".join(f"() => tools.{call}" for call in ERRORS)
    source = f"""
    const ends = [];
    for (const call of [{calls}]) {{
      try {{ await call(); ends.push("called") }} catch (e) {{ ends.push(`${{e}}`) }}
    }}
    ends
    """
    graph = create_script_graph(TOOLS)
    given: Any = {"source": source}
    state = graph.invoke(given) if mode == "invoke" else asyncio.run(graph.ainvoke(given))
    for (call, words), end in zip(ERRORS.items(), state["outcome"]["value"], strict=True):
        assert end.startswith(f"TypeError: {words}"), call
    assert CALLED == []


def test_names_without_end_make_a_short_error() -> None:
    schema = {"type": "object", "properties": {f"name_{n}": TEXT for n in range(5000)}}
    source = """
    const many = Object.fromEntries(Array.from({ length: 50000 }, (_, n) => [`nameOf${n}`, n]));
    try { await tools.many(many) } catch (e) { e.message }
    """
    told = create_script_graph([of_schema("many", schema)]).invoke({"source": source})
    assert len(told["outcome"]["value"]) < 1000
