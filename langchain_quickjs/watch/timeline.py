"""What a program has done and waited for, as a picture, a page, or text."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig

from langchain_quickjs.errors import SetupError
from langchain_quickjs.script.flow.drivers import Asking, adrive, drive
from langchain_quickjs.script.telling.story_types import Story
from langchain_quickjs.watch.drawing.chart import chart
from langchain_quickjs.watch.drawing.page import fragment, page, plain
from langchain_quickjs.watch.drawing.told import ToldStory, told
from langchain_quickjs.watch.pending import KeepsState
from langchain_quickjs.watch.stories import find_story

__all__ = ["Timeline", "atimeline", "timeline"]


@dataclass(frozen=True, slots=True, repr=False)
class Timeline:
    """What a program has done and waited for.

    It can be shown in a notebook, printed, saved, or put into a page. Nothing in it runs or is
    loaded from elsewhere, and it suits light and dark pages.

    Attributes:
        story: The program's story.
        tool_call_id: The id of the model's call that runs the program; empty where that is not
            known.
        seen_s: When the story was read, in seconds since the epoch: up to then a program that has
            not ended is drawn.
    """

    story: Story
    tool_call_id: str
    seen_s: float

    def to_svg(self) -> str:
        """The picture, as an SVG document that stands alone."""
        return chart(self._told, self._title)

    def to_html(self) -> str:
        """A complete page: the picture, and a list of the calls below it."""
        return page(self._told, self._title)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the timeline to a file.

        Args:
            path: The file; its name ends in `.svg` for the picture, in `.html` for the page.

        Returns:
            The file.

        Raises:
            SetupError: The name ends in something else.
        """
        file = Path(path)
        kinds = {".svg": self.to_svg, ".html": self.to_html}
        kind = kinds.get(file.suffix.lower())
        if kind is None:
            raise SetupError(
                f"A timeline is saved as a picture (.svg) or a page (.html), not as {file.name!r}."
            )
        file.write_text(kind(), encoding="utf-8")
        return file

    def __str__(self) -> str:
        return plain(self._told, self._title)

    def __repr__(self) -> str:
        return f"<Timeline: {self._title}, {self._told.status}, {self._told.summary}>"

    def _repr_mimebundle_(
        self,
        include: Collection[str] | None = None,  # noqa: ARG002 - the protocol's
        exclude: Collection[str] | None = None,  # noqa: ARG002 - the protocol's
    ) -> dict[str, Any]:
        return {
            "text/plain": str(self),
            "text/html": fragment(self._told, self._title),
            "image/svg+xml": self.to_svg(),
        }

    @property
    def _told(self) -> ToldStory:
        return told(self.story, self.seen_s)

    @property
    def _title(self) -> str:
        return f"Program {self.tool_call_id}".rstrip()


def timeline(
    agent: KeepsState, config: RunnableConfig, *, tool_call_id: str | None = None
) -> Timeline:
    """Shows what a program of a thread has done and waited for.

    Args:
        agent: An agent, or any compiled graph that runs programs, with a checkpointer.
        config: Names the thread: `{"configurable": {"thread_id": ...}}`.
        tool_call_id: The id of the model's call that runs the program; by default the newest
            program that waits, or else the last one that has ended.

    Returns:
        The timeline.

    Raises:
        NoStoryError: There is no such program, or nothing is kept of it.
        SetupError: The graph has no checkpointer, or the config names no thread.
        SnapshotError: What is stored of a paused program is damaged, or its signature is wrong.
    """
    return drive(_timeline(agent, config, tool_call_id))


async def atimeline(
    agent: KeepsState, config: RunnableConfig, *, tool_call_id: str | None = None
) -> Timeline:
    """The same as `timeline`, for checkpointers that are used asynchronously."""
    return await adrive(_timeline(agent, config, tool_call_id))


def _timeline(agent: KeepsState, config: RunnableConfig, wanted: str | None) -> Asking[Timeline]:
    found = yield from find_story(agent, config, wanted)
    return Timeline(found.story, found.script_id, time.time())
