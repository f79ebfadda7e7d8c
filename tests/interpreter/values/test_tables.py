"""Tables of pandas and polars in programs: with columns and rows, whole or not at all."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import create_script_graph
from langchain_quickjs.agent.documentation.declarations import signature
from langchain_quickjs.errors import ValueTransferError
from langchain_quickjs.interpreter.values.tables import from_table
from langchain_quickjs.interpreter.wire.decode import decode
from langchain_quickjs.interpreter.wire.encode import encode
from tests.helpers.conversations import MODES, Mode

NEW_YEAR = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [1, 2],
            "price": [1.5, None],
            "at": pd.to_datetime(["2026-01-01", None]),
            "took": pd.to_timedelta(["90s", None]),
            "name": ["x", None],
            "kind": pd.Categorical(["u", None]),
            "count": pd.array([1, None], dtype="Int64"),
            "sure": pd.array([True, None], dtype="boolean"),
            "amount": [decimal.Decimal("1.50"), None],
            "month": pd.PeriodIndex(["2026-01", None], freq="M"),
            "parts": [[1], {"a": 1}],
        }
    )


TABLE = {
    "columns": list(frame().columns),
    "rows": [
        {
            "id": 1,
            "price": 1.5,
            "at": NEW_YEAR,
            "took": 90,
            "name": "x",
            "kind": "u",
            "count": 1,
            "sure": True,
            "amount": "1.50",
            "month": "2026-01",
            "parts": [1],
        },
        {**dict.fromkeys(frame().columns), "id": 2, "parts": {"a": 1}},
    ],
}

VALUES: dict[str, tuple[Callable[[], Any], Any]] = {
    "a table": (frame, TABLE),
    "in what a tool returns": (lambda: {"t": [frame()]}, {"t": [TABLE]}),
    "no rows": (lambda: frame()[:0], {"columns": TABLE["columns"], "rows": []}),
    "nothing": (pd.DataFrame, {"columns": [], "rows": []}),
    "rows without columns": (
        lambda: pd.DataFrame(index=[0, 1]),
        {"columns": [], "rows": [{}, {}]},
    ),
    "some of its rows": (
        lambda: frame()[frame().id > 1][["id"]],
        {"columns": ["id"], "rows": [{"id": 2}]},
    ),
    "an index with a name": (
        lambda: frame()[["id", "price"]].set_index("id"),
        {"columns": ["id", "price"], "rows": [{"id": 1, "price": 1.5}, {"id": 2, "price": None}]},
    ),
    "an index of texts": (
        lambda: pd.DataFrame({"n": [1]}, index=["a"]),
        {"columns": ["index", "n"], "rows": [{"index": "a", "n": 1}]},
    ),
    "groups of two levels": (
        lambda: pd.DataFrame({"a": [1, 1], "b": [2, 2], "c": [3, 4]}).groupby(["a", "b"]).sum(),
        {"columns": ["a", "b", "c"], "rows": [{"a": 1, "b": 2, "c": 7}]},
    ),
    "columns of two levels": (
        lambda: pd.DataFrame({"a": [1], "b": [3]}).groupby("a").agg({"b": ["min", "max"]}),
        {"columns": ["a", "b.min", "b.max"], "rows": [{"a": 1, "b.min": 3, "b.max": 3}]},
    ),
    "columns of one name": (
        lambda: pd.DataFrame([[1, 2, 3]], columns=["x", "x", "x_2"]),
        {"columns": ["x", "x_2", "x_2_2"], "rows": [{"x": 1, "x_2": 2, "x_2_2": 3}]},
    ),
    "columns that are numbers": (
        lambda: pd.DataFrame([[1, 2]]),
        {"columns": ["0", "1"], "rows": [{"0": 1, "1": 2}]},
    ),
    "a column": (lambda: frame().price, [1.5, None]),
    "a row": (lambda: frame()[["id", "name"]].iloc[0], {"id": 1, "name": "x"}),
    "counts": (lambda: pd.Series(["u", "u", "v"]).value_counts(), {"u": 2, "v": 1}),
    "counts of numbers": (
        lambda: pd.Series([5, 5], name="n").value_counts(),
        {"columns": ["n", "count"], "rows": [{"n": 5, "count": 2}]},
    ),
    "the names of columns": (lambda: frame()[["id", "at"]].columns, ["id", "at"]),
    "categories": (lambda: pd.Categorical(["a", None]), ["a", None]),
    "integers with holes": (lambda: pd.array([1, None]), [1, None]),
    "what is not there": (lambda: [pd.NaT, pd.NA, {"at": pd.NaT}], [None, None, {"at": None}]),
    "a time": (lambda: pd.Timestamp("2026-01-01"), NEW_YEAR),
    "a time span": (lambda: pd.Timedelta("90s"), 90),
    "a period": (lambda: [pd.Period("2026-01"), pd.Interval(0, 1)], ["2026-01", "(0, 1]"]),
    "records": (lambda: frame()[["id", "at"]].to_dict("records"), None),
    "times of numpy": (
        lambda: np.array(["2026-01-01", "NaT"], dtype="datetime64[ns]"),
        [NEW_YEAR, None],
    ),
    "a time of numpy": (lambda: np.datetime64("2026-01-01T00:00:00", "ns"), NEW_YEAR),
    "a time span of numpy": (lambda: np.timedelta64(1500, "ms"), 1.5),
    "numbers of numpy": (lambda: [np.int64(1), np.float32(0.5), np.True_], [1, 0.5, True]),
    "what is masked": (lambda: np.ma.masked_array([1, 2], [False, True]), [1, None]),
    "the values of a dict": ({"a": 1}.values, [1]),
}
VALUES["records"] = (
    VALUES["records"][0],
    [{"id": 1, "at": NEW_YEAR}, {"id": 2, "at": None}],
)


@pytest.mark.parametrize("kind", VALUES)
def test_it_crosses_as(kind: str) -> None:
    make, expected = VALUES[kind]
    assert decode(encode(make())) == expected


def test_a_table_of_polars() -> None:
    polars = pytest.importorskip("polars")
    made = polars.DataFrame({"n": [1, None], "at": [NEW_YEAR, None], "l": [[1], []]})
    assert decode(encode(made)) == {
        "columns": ["n", "at", "l"],
        "rows": [{"n": 1, "at": NEW_YEAR, "l": [1]}, {"n": None, "at": None, "l": []}],
    }
    assert decode(encode(made["n"])) == [1, None]
    with pytest.raises(ValueTransferError, match="it is lazy; have the tool `collect"):
        encode(made.lazy())


def of_polars(name: str, **members: Any) -> Any:
    """An object of a class as polars has it, so that its ways are tested without it, too."""
    return type(name, (SimpleNamespace,), {"__module__": "polars.dataframe.frame"})(**members)


def test_a_class_as_polars_has_it() -> None:
    made = of_polars("DataFrame", shape=(2, 1), columns=["n"], rows=lambda: [(1,), (None,)])
    assert from_table(made) == {"columns": ["n"], "rows": [{"n": 1}, {"n": None}]}
    large = of_polars("DataFrame", shape=(10**9, 10**3), columns=[], rows=lambda: 1 / 0)
    with pytest.raises(ValueError, match="it has 1,000,000,000 rows"):
        from_table(large)
    with pytest.raises(ValueError, match="lazy"):
        from_table(of_polars("LazyFrame"))


TOO_LARGE: dict[str, Callable[[], Any]] = {
    "rows": lambda: pd.DataFrame({"a": np.zeros(100_001)}),
    "cells": lambda: pd.DataFrame(np.zeros((1000, 1001))),
    "columns": lambda: pd.DataFrame(np.zeros((0, 10_001))),
    "a column": lambda: pd.Series(np.zeros(100_001)),
    "an index": lambda: pd.Index(np.zeros(100_001)),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", TOO_LARGE)
def test_what_is_too_large_is_an_error_that_says_what_to_do(kind: str, mode: Mode) -> None:
    @tool
    def give() -> Any:
        """Gives a table."""
        return TOO_LARGE[kind]()

    options: Any = {"durability": "call", "checkpointer": InMemorySaver()}
    for graph in (create_script_graph([give]), create_script_graph([give], **options)):
        sent: Any = {"source": "try { await tools.give() } catch (e) { `${e}` }"}
        config: Any = {"configurable": {"thread_id": "t"}}
        state = (
            graph.invoke(sent, config)
            if mode == "invoke"
            else asyncio.run(graph.ainvoke(sent, config))
        )
        told = state["outcome"]["value"]
        assert told.startswith("TypeError: the result of call 1 cannot become a JavaScript value")
        assert "have the tool select or aggregate" in told


@pytest.mark.parametrize("mode", MODES)
def test_a_program_computes_with_a_table(mode: Mode) -> None:
    @tool
    def sales() -> pd.DataFrame:
        """Gives sales."""
        return pd.DataFrame({"price": range(50_000), "note": "x" * 10})

    assert signature(sales) == (
        "type Table = { columns: string[]; rows: Array<Record<string, unknown>> };\n"
        "// Gives sales.\n"
        "tools.sales(): Promise<Table>;"
    )
    source = "const t = await tools.sales(); t.rows.reduce((sum, row) => sum + row.price, 0)"
    graph = create_script_graph([sales])
    sent: Any = {"source": source}
    state = graph.invoke(sent) if mode == "invoke" else asyncio.run(graph.ainvoke(sent))
    assert state["outcome"]["value"] == sum(range(50_000))


async def later() -> int:
    return 1


async def some() -> Any:
    yield 1


NO_VALUES: dict[str, tuple[Callable[[], Any], str]] = {
    "a generator": (lambda: (n for n in [1]), "a generator has no counterpart .*make a list of it"),
    "an iterator": (lambda: iter([1]), "make a list of it"),
    "a generator in a dict": (lambda: {"a": (n for n in [1])}, r"1\.a cannot .*make a list of it"),
    "groups": (lambda: frame().groupby("id"), "a DataFrameGroupBy has no counterpart"),
    "an asynchronous generator": (some, "make a list of it, with `async for`"),
    "an object": (object, "an object has no counterpart"),
}


@pytest.mark.parametrize("kind", NO_VALUES)
def test_what_is_no_value_is_an_error_that_says_what_to_do(kind: str) -> None:
    make, words = NO_VALUES[kind]

    @tool
    def give() -> Any:
        """Gives what is none."""
        return make()

    source = "try { await tools.give() } catch (e) { `${e}` }"
    told = create_script_graph([give]).invoke({"source": source})["outcome"]["value"]
    assert told.startswith("TypeError: ")
    assert re.search(words, told), told


@given(st.lists(st.one_of(st.integers(), st.text(max_size=2), st.none()), max_size=20))
def test_no_two_columns_share_a_name(labels: list[Any]) -> None:
    table = from_table(pd.DataFrame([range(len(labels))], columns=labels))
    assert len(set(table["columns"])) == len(labels)
    assert all(list(row) == table["columns"] for row in table["rows"])
    assert [list(row.values()) for row in table["rows"]] == [list(range(len(labels)))]


def test_neither_is_imported() -> None:
    code = (
        "import sys, langchain_quickjs, langchain_quickjs.interpreter.values.tables\n"
        "langchain_quickjs.Interpreter().eval('1')\n"
        "print({'pandas', 'polars', 'numpy'} & sys.modules.keys())"
    )
    root = Path(__file__).parent.parent.parent.parent
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() in ("set()", "{'numpy'}")  # LangChain itself may import numpy.
