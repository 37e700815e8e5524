"""Two small notebooks in place of the project's, and an empty folder for their runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.pipeline import driver, notebooks
from tweetsent_utils.pipeline.runs import open_run

FIRST = 'run_name = "quick"\nseed = 0\nlabel_order = ["low", "high"]'
SECOND = 'run_name = "quick"\nmax_lr = 0.1\nnum_epochs = 2'


class SmallNotebooks:
    """A folder of notebooks whose code a test may change."""

    def __init__(self, folder: Path, write: Callable[..., Path]) -> None:
        self.folder = folder
        self.write = write

    def write_first(self, *code: str) -> None:
        self.write(self.folder / "01_first.ipynb", FIRST, *code)

    def write_second(self, *code: str) -> None:
        self.write(self.folder / "02_second.ipynb", SECOND, *code)

    def write_last(self) -> None:
        """Add the notebook that scores the test set, and the one that compares runs."""
        self.write(self.folder / "04_test.ipynb", 'run_name = "quick"', "1")
        self.write(self.folder / "06_compare.ipynb", 'run_name = "quick"\nruns = []', "1")


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the runs, which does not exist yet."""
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path / "outputs"))
    return tmp_path / "outputs"


@pytest.fixture
def small_notebooks(
    outputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write_notebook: Callable[..., Path],
) -> SmallNotebooks:
    """Notebooks 01_first and 02_second, which print their parameters."""
    found = SmallNotebooks(tmp_path / "notebooks", write_notebook)
    found.write_first("print(seed, label_order)")
    found.write_second("print(max_lr)")
    monkeypatch.setattr(notebooks, "NOTEBOOKS", found.folder)
    return found


@pytest.fixture
def executed(small_notebooks: SmallNotebooks, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been executed, as "run/notebook": no kernel starts, so that it is quick.

    As in a kernel, a notebook records its parameters. 02_second fails with a max_lr above 0.5.
    """
    entries = []

    def execute(notebook: Path, target: Path, parameters: dict[str, Any], *_: Any) -> None:
        entries.append(f"{parameters['run_name']}/{notebook.stem}")
        folder = open_run(notebook.stem, parameters)
        if notebook.stem == "02_second" and parameters["max_lr"] > 0.5:
            raise TweetsentError("02_second stopped: the loss diverged")
        if notebook.stem == "06_compare":
            (folder / "compare.txt").write_text(" ".join(parameters["runs"]))

    monkeypatch.setattr(driver, "execute", execute)
    return entries
