"""What a run on somebody's own file executes: the notebooks without the story of the sample."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json
from tweetsent_utils.paths import project_path
from tweetsent_utils.pipeline.notebooks import code_in, step_number
from tweetsent_utils.pipeline.parameters import default_parameters
from tweetsent_utils.pipeline.runs import REPORT

# Tags of cells. Prose is about the sample unless it is tagged, code is about any data unless it is.
ANY_DATA = "any-data"
SAMPLE = "sample"
TOP = "top"


def is_own_data(parameters: dict[str, Any]) -> bool:
    """Tell whether a run trains on another file than the shipped sample."""
    sample = default_parameters()["train_file"]
    given = parameters.get("train_file", sample)
    try:
        return project_path(given).resolve() != project_path(sample).resolve()
    except (TweetsentError, OSError, ValueError):  # the first notebook will say what is wrong
        return True


def load_step(notebook: Path, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook as a run with these parameters executes it.

    On other data than the sample, what speaks of the sample is left out: Markdown cells that are
    not tagged `any-data`, and code cells tagged `sample`. The cell of parameters always stays.
    """
    content = load_json(notebook)
    if is_own_data(parameters):
        content["cells"] = [cell for cell in content["cells"] if is_for_any_data(cell)]
    return content


def is_for_any_data(cell: dict[str, Any]) -> bool:
    """Tell whether a cell is right on every file."""
    tags = cell["metadata"].get("tags", [])
    if cell["cell_type"] == "code":
        return "parameters" in tags or SAMPLE not in tags
    return ANY_DATA in tags


def code_of_step(notebook: Path, parameters: dict[str, Any]) -> list[str]:
    """Return the sources of the code cells that a run with these parameters executes."""
    return code_in(load_step(notebook, parameters)["cells"])


def top_cell(
    notebook: Path,
    parameters: dict[str, Any],
    tutorial: str,
    has_report: bool = True,
) -> dict[str, Any]:
    """Return the Markdown cell that begins a record on own data, in place of the story.

    `tutorial` is the address of the tutorial's notebook as seen from the run's folder.
    """
    file = code_span(Path(parameters["train_file"]).name)
    record = f"This is the record of step {step_number(notebook)} on the file {file}"
    run = code_span(Path(parameters["run_name"]).name)
    found = f"; what run {run} found is in [{REPORT}]({quote(REPORT)})" if has_report else ""
    text = (
        f"{record}: its code and what came out. The tutorial's text speaks of other data and is "
        f"left out here; you can read it in [{notebook.name}]({tutorial}){found}."
    )
    return {"cell_type": "markdown", "id": "top", "metadata": {"tags": [TOP]}, "source": text}


def code_span(text: str) -> str:
    """Return a text as code in Markdown, whatever is in it.

    >>> code_span("messages.csv")
    '`messages.csv`'
    """
    words = " ".join(text.split())
    fence = "`" * (longest(re.findall("`+", words)) + 1)
    room = " " if "`" in words else ""
    return f"{fence}{room}{words}{room}{fence}"


def longest(texts: Iterable[str]) -> int:
    """Return the length of the longest text, 0 if there is none."""
    return max(map(len, texts), default=0)
