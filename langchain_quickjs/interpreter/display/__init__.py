"""How notebooks show what is here: HTML without scripts, and plain text beside it.

What is shown was written by others, so it is cut, and stands as text wherever it is: markup,
control characters and marks that turn the direction of writing are shown, not obeyed. It imports
`errors`, `limits`, `quoting` and `values`; nothing here reads or waits for anything. Its modules
are imported when something is first shown, as `display.outcomes` and `display.interpreters`.

    errors        errors, with the place in the program
    html          the few elements that everything is made of
    interpreters  an interpreter: what it does, and what it may use up
    outcomes      how a script ended, or what it waits for
    texts         texts and values of others, cut, with all of it visible
    tracebacks    what IPython prints when an error of ours ends a cell
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_quickjs.interpreter.display import interpreters, outcomes

__all__ = ["interpreters", "outcomes"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
