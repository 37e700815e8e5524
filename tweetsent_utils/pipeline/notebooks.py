"""The numbered notebooks, and what their cells say."""

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tweetsent_utils.errors import TweetsentError, user_error
from tweetsent_utils.files import load_json
from tweetsent_utils.paths import NOTEBOOKS


def list_notebooks() -> list[Path]:
    """Return the numbered notebooks, which are the pipeline's steps, in their order.

    Those of the story are in `notebooks/`. The numbered ones of `notebooks/deeper/` compute figures
    of a run too, and each comes after the notebook with its number: 04, 04b, 05. Raises
    `TweetsentError` where there are none, as outside of the project's checkout.
    """
    found = [*NOTEBOOKS.glob("[0-9]*.ipynb"), *NOTEBOOKS.glob("deeper/[0-9]*.ipynb")]
    if not found:
        what = f"there are no notebooks in {NOTEBOOKS}"
        raise TweetsentError(f"{what}: run this command inside a checkout of the project")
    return sorted(found, key=lambda path: path.name)


def step_number(notebook: Path) -> str:
    """Return the number of a notebook as a command names it.

    >>> step_number(Path("04b_luck_and_calibration.ipynb"))
    '04b'
    """
    return notebook.stem.partition("_")[0]


def declared_parameters(notebook: Path) -> list[str]:
    """Return the names in a notebook's cell tagged `parameters`, in their order.

    It is the first with this tag, as papermill takes it.
    """
    source = "".join(first_cell_tagged(notebook, "parameters").get("source", []))
    what = f"{notebook.name}: the cell tagged parameters cannot be read"
    with user_error(what, "write plain lines there, such as seed = 0", SyntaxError, AttributeError):
        lines = ast.parse(source).body
        return [line.targets[0].id for line in lines if isinstance(line, ast.Assign)]


def first_cell_tagged(notebook: Path, tag: str) -> dict[str, Any]:
    """Return a notebook's first cell that has a tag; an empty dictionary if it has none."""
    for cell in load_json(notebook)["cells"]:
        if tag in cell["metadata"].get("tags", []):
            return cell
    return {}


def code_of(notebook: Path) -> list[str]:
    """Return the sources of a notebook's code cells; none if the notebook does not exist."""
    return code_in(load_json(notebook).get("cells", []))


def code_in(cells: Iterable[dict[str, Any]]) -> list[str]:
    """Return the sources of the code cells among some cells.

    What papermill put in, the parameters of a run, is left out.
    """
    sources = []
    for cell in cells:
        is_injected = "injected-parameters" in cell["metadata"].get("tags", [])
        if cell["cell_type"] == "code" and not is_injected:
            sources.append("".join(cell["source"]))
    return sources
