"""The example notebook, executed by a kernel in a process of its own, as `jupyter execute` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.helpers.kernels import ROOT, run_jupyter
from tests.helpers.markup import Markup

NOTEBOOK = ROOT / "examples" / "notebook.ipynb"
SHOWN = "['text/html', 'image/svg+xml', 'text/plain']"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the executed notebook is."""
    made = tmp_path_factory.mktemp("notebook")
    run_jupyter(made, "execute", str(NOTEBOOK), "--output", str(made / "executed"))
    return made


@pytest.fixture(scope="module")
def cells(folder: Path) -> dict[str, Any]:
    """Its cells of code, by their ids."""
    notebook: Any = nbformat.read(folder / "executed.ipynb", as_version=4)  # type: ignore[no-untyped-call] # nbformat's own
    return {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}


def data(cells: dict[str, Any], name: str) -> dict[str, Any]:
    """What a cell gave, by MIME types."""
    (result,) = [one for one in cells[name].outputs if one.output_type == "execute_result"]
    return dict(result.data)


def printed(cells: dict[str, Any], name: str) -> str:
    return "".join(one.text for one in cells[name].outputs if one.output_type == "stream")


def test_it_is_committed_without_outputs() -> None:
    notebook: Any = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call] # nbformat's own
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def test_every_cell_ran_and_one_failed_as_it_should(cells: dict[str, Any]) -> None:
    assert [cell.execution_count for cell in cells.values()] == [*range(1, len(cells) + 1)]
    failed = [
        name
        for name, cell in cells.items()
        if any(one.output_type == "error" for one in cell.outputs)
    ]
    assert failed == ["error"]
    streams = {one.name for cell in cells.values() for one in cell.outputs if "name" in one}
    assert streams == {"stdout"}


def test_the_interpreter_alone(cells: dict[str, Any]) -> None:
    assert data(cells, "interpreter")["text/plain"] == "165"
    suspended = Markup(data(cells, "suspended")["text/html"])
    assert suspended.blocks == [
        '1: ask({question: "Shall I?", total: 165n, when: Date(1970-01-01T00:00:00.000Z)})',
        "asking about 3 prices\n",
    ]
    assert "suspended in 1 call: ask" in Markup(data(cells, "waiting")["text/html"]).text
    assert " bytes" in printed(cells, "resumed")
    assert Markup(data(cells, "resumed")["text/html"]).blocks == [
        '{answer: "yes", prices: [35, 80, 50]}'
    ]
    failed = Markup(data(cells, "failed")["text/html"])
    assert "cannot read property 'amount' of undefined" in failed.text
    assert failed.blocks[0].startswith("    const cents = order.price.amount * 100;\n")


def test_cells_of_javascript(cells: dict[str, Any]) -> None:
    assert printed(cells, "cell") == "1 of 2 arrived broken\n"
    assert "'A-1002'" in data(cells, "back")["text/plain"]
    # The function is asynchronous, and a kernel has a loop that runs while the cell does.
    assert "'Drop Express'" in data(cells, "tools")["text/plain"]
    (error,) = cells["error"].outputs
    assert error.traceback[0].startswith("ScriptError: KeyError: 'A-9999'")
    assert len("\n".join(error.traceback).splitlines()) < 12


def test_it_pauses_and_shows_a_form(cells: dict[str, Any]) -> None:
    looked_up = data(cells, "pause")["text/plain"]
    assert looked_up.count("looked up") == 3
    form = data(cells, "form")
    assert "application/vnd.jupyter.widget-view+json" in form
    assert "issue_refund" in Markup(form["text/html"]).text
    assert "not decided (approve, edit, reject)" in form["text/plain"]


def test_it_goes_on_from_the_decision(cells: dict[str, Any]) -> None:
    assert "'edit'" in data(cells, "decide")["text/plain"]
    assert "A-1002: 60.00 refunded" in printed(cells, "resume")
    done = data(cells, "resume")["text/plain"]
    assert done.count("looked up") == 3
    assert done.count("refunded 60.00 for A-1002") == 1


def test_it_ends_with_a_timeline(cells: dict[str, Any]) -> None:
    shown = data(cells, "timeline")
    assert "issue_refund" in shown["text/plain"]
    assert shown["image/svg+xml"].lstrip().startswith("<svg")


def test_it_can_be_exported_as_a_page(folder: Path) -> None:
    executed = str(folder / "executed.ipynb")
    run_jupyter(
        folder, "nbconvert", "--to=html", f"--NbConvertBase.display_data_priority={SHOWN}", executed
    )
    page = (folder / "executed.html").read_text()
    for said in ("Suspended", "const cents = order.price.amount", "issue_refund", "not decided"):
        assert said in page
