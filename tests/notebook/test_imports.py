"""What is imported when: nobody who does not use a notebook pays for one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.helpers.kernels import ROOT

NOTEBOOK_ONLY = ["IPython", "ipywidgets", "langchain_quickjs.notebook"]
SHOW = "from langchain_quickjs import Completed; Completed(1)._repr_mimebundle_()"
LOADER = "from langchain_quickjs import load_ipython_extension"


def python(code: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        check=False,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    return ended.stdout + ended.stderr


@pytest.mark.parametrize(
    "code",
    [
        "import langchain_quickjs",
        SHOW,
        LOADER,
        "from langchain_quickjs import CodeInterpreterMiddleware, create_script_graph, pending",
    ],
)
def test_nothing_of_notebooks_is_imported(code: str) -> None:
    assert python(
        f"{code}\nimport sys; print([n for n in {NOTEBOOK_ONLY} if n in sys.modules])"
    ) == ("[]\n")


def test_showing_things_needs_no_langchain() -> None:
    assert python(f"{SHOW}\nimport sys; print('langchain_core' in sys.modules)") == "False\n"


def test_a_form_without_its_extra_says_what_to_install() -> None:
    said = python(
        "import sys; sys.modules['ipywidgets'] = None\n"
        "from langchain_quickjs.notebook import approval_form"
    )
    last = said.strip().splitlines()[-1]
    assert last.startswith("langchain_quickjs.errors.SetupError: The form needs ipywidgets")
    assert "langchain_quickjs[notebook]" in last


def test_cells_need_no_widgets() -> None:
    code = (
        "import sys; sys.modules['ipywidgets'] = None\n"
        "from langchain_quickjs.notebook import load_ipython_extension; print('loaded')"
    )
    assert python(code) == "loaded\n"


def test_a_name_that_is_not_there_is_told() -> None:
    assert "has no attribute 'nothing'" in python(
        "import langchain_quickjs.notebook as notebook; notebook.nothing"
    )
