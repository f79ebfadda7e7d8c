"""Both drivers do a work, and leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable

import pytest

from langchain_quickjs.script.flow.drivers import Ask, Invoke, Work, adrive, drive


class _MishapError(Exception):
    pass


class _Tool:
    def call(self) -> None:
        raise _MishapError

    async def acall(self) -> None:
        raise _MishapError


def _asked() -> Work[None]:
    yield Ask(_Tool(), "call", ())


def _invoked() -> Work[None]:
    yield Invoke(_Tool().call)


def _awaited() -> Work[None]:
    yield Invoke(_Tool().acall)


def _driven(work: Work[None]) -> weakref.ref[_MishapError] | None:
    try:
        drive(work)
    except _MishapError as error:
        return weakref.ref(error)
    return None


def _adriven(work: Work[None]) -> weakref.ref[_MishapError] | None:
    async def driven() -> weakref.ref[_MishapError] | None:
        try:
            await adrive(work)
        except _MishapError as error:
            return weakref.ref(error)
        return None

    return asyncio.run(driven())


@pytest.mark.parametrize(
    ("driven", "work"),
    [(_driven, _asked), (_driven, _invoked), (_adriven, _asked), (_adriven, _awaited)],
)
def test_an_error_that_ends_a_work_waits_for_no_collection_of_garbage(
    driven: Callable[[Work[None]], weakref.ref[_MishapError] | None], work: Callable[[], Work[None]]
) -> None:
    gc.disable()
    try:
        error = driven(work())
        assert error is not None
        assert error() is None
    finally:
        gc.enable()
