"""What notebooks get beside displays: JavaScript cells, and a form for approvals.

`%load_ext langchain_quickjs` gives `%%js` cells and `%js` lines. `approval_form(agent, config)` is
here, and needs `langchain_quickjs[notebook]`. Nothing else imports this room; it may import
everything.

    cell_program  the program of a cell, run to its end
    choices       what a person has decided so far, as the command that resumes the agent
    form          buttons for what waits for a person
    magics        the commands of IPython
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_quickjs.notebook.form import (
        ApprovalForm,
        aapproval_form,
        approval_form,
    )
    from langchain_quickjs.notebook.magics import load_ipython_extension

__all__ = ["ApprovalForm", "aapproval_form", "approval_form", "load_ipython_extension"]

# Each needs a package that not everybody has, and no more than that.
_LAZY = {
    "ApprovalForm": "langchain_quickjs.notebook.form",
    "aapproval_form": "langchain_quickjs.notebook.form",
    "approval_form": "langchain_quickjs.notebook.form",
    "load_ipython_extension": "langchain_quickjs.notebook.magics",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
