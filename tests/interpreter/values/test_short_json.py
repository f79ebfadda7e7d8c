"""Values that tools return, cut short for people: what programs get, and no more than is shown."""

from __future__ import annotations

import datetime
import decimal
import enum
import pathlib
import uuid
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pandas as pd
import pytest
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel, Field, SecretStr

from langchain_quickjs import create_script_graph, pending
from langchain_quickjs.interpreter.values.short_json import json_in_short

NEW_YEAR = datetime.date(2026, 1, 1)


class Currency(enum.Enum):
    EURO = "eur"


@dataclass
class Price:
    amount: decimal.Decimal
    currency: Currency = Currency.EURO


class Order(BaseModel):
    id: str
    price: Price
    key: str = Field(default="hidden", exclude=True)
    secret: SecretStr = SecretStr("hidden")


@dataclass
class Endless:
    inner: Any = field(default=None)


class Raises(BaseModel):
    def model_dump(self, **_: Any) -> Any:
        raise RuntimeError("no")


def endless() -> Endless:
    made = Endless()
    made.inner = made
    return made


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Price(decimal.Decimal("2.50")), '{"amount": "2.50", "currency": "eur"}'),
        (
            [Order(id="A", price=Price(decimal.Decimal(1)))],
            '[{"id": "A", "price": {"amount": "1", "currency": "eur"}, "secret": …}]',
        ),
        (
            {"on": NEW_YEAR, "at": datetime.time(7), "for": datetime.timedelta(seconds=3)},
            '{"on": "2026-01-01", "at": "07:00:00", "for": 3.0}',
        ),
        ([uuid.UUID(int=1), pathlib.PurePosixPath("/a")], f'["{uuid.UUID(int=1)}", "/a"]'),
        ({7}, "[7]"),
        ([np.int64(3), np.float64(2.5), pd.NA], "[3, 2.5, null]"),
        (pd.DataFrame({"a": [1, 2]}), "(2 rows)"),
        (pd.Series([1, 2, 3]), "(3 rows)"),
        ([np.zeros(5), memoryview(b"abc"), object(), Price], "[…, …, …, …]"),
        ([Raises(), MagicMock()], "[…, …]"),
    ],
)
def test_what_programs_get_of_it_is_shown(value: object, shown: str) -> None:
    assert json_in_short(value, 96) == shown


def test_no_more_is_opened_than_is_shown() -> None:
    opened = []

    class Counted(BaseModel):
        def model_dump(self, **_: Any) -> dict[str, Any]:
            opened.append(self)
            return {"a": 1}

    assert json_in_short([Counted()] * 10_000, 40).endswith("…")
    assert len(opened) < 10
    assert len(json_in_short(endless(), 96)) == 96


def test_a_person_reads_what_a_tool_has_returned() -> None:
    @tool
    def price(item: str) -> Price:
        """Asks for a price."""
        return Price(decimal.Decimal(len(item)))

    @tool
    def pay(amount: str) -> str:
        """Pays."""
        return amount

    graph = create_script_graph(
        [price, pay], interrupt_on={"pay": True}, checkpointer=InMemorySaver()
    )
    config: Any = {"configurable": {"thread_id": "1"}}
    source = 'const { amount } = await tools.price({ item: "tea" }); await tools.pay({ amount })'
    graph.invoke({"source": source}, config)
    (call,) = pending(graph, config)
    told = 'done: price({"item": "tea"}) -> {"amount": "3", "currency": "eur"}'
    assert call.calls_so_far == (told,)
    assert told in call.description
