"""Notebook 06 as a whole: the table, the verdicts, and what it leaves out."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import papermill
import pytest
from fake_runs import make_run
from papermill.exceptions import PapermillExecutionError

from tweetsent_utils.paths import NOTEBOOKS
from tweetsent_utils.pipeline.parameters import default_parameters

pytestmark = pytest.mark.slow


@pytest.fixture
def outputs(tmp_path, monkeypatch) -> Path:
    """An outputs root of this test's own, which kernels inherit."""
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path))
    return tmp_path


@pytest.fixture
def compare(outputs) -> Callable[..., str]:
    """A function that executes the notebook on runs and returns what it prints."""

    def execute(run_name: str, runs: list[str]) -> str:
        notebook = papermill.execute_notebook(
            NOTEBOOKS / "06_compare_runs.ipynb",
            None,
            {"run_name": run_name, "runs": runs},
            cwd=NOTEBOOKS,
            progress_bar=False,
        )
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        return "".join(output.text for output in outputs if output.output_type == "stream")

    return execute


def test_sweep_becomes_one_table_sorted_by_validation_and_means_over_seeds(outputs, compare):
    """With more runs than the figure holds, and some that cannot be read."""
    accuracies = {
        0.1: (0.80, 0.82, 0.81),
        0.2: (0.78, 0.82, 0.80),
        0.3: (0.76, 0.78, 0.77),
        0.4: (0.74, 0.76, 0.75),
        0.5: (0.70, 0.73, 0.70),
    }
    for rate, by_seed in accuracies.items():
        for seed, accuracy in enumerate(by_seed):
            name = f"sweep-{rate}-{seed}"
            make_run(outputs / name, accuracy, test=1 - accuracy, max_lr=rate, seed=seed)
    shutil.copytree(outputs / "sweep-0.5-1", outputs / "sweep-again")  # the same seed is no draw
    for name in ("sweep-torn", "sweep-begun"):
        make_run(outputs / name)
    (outputs / "sweep-torn" / "metrics.json").write_text("{")
    (outputs / "sweep-begun" / "metrics.json").unlink()

    printed = compare("group", ["sweep-*", "gone"])
    for name in ("sweep-torn", "sweep-begun", "gone"):
        assert f"{name} is left out: " in printed
    assert printed.count("is left out") == 3
    # Seed by seed, with Student's t: both differences have a standard deviation of 0.01.
    assert "max_lr 0.1 over 0.5: +0.100 ± 0.025, more than noise" in printed
    assert "max_lr 0.1 over 0.2: +0.010 ± 0.025, may be noise" in printed
    assert "not comparable" not in printed

    table = pd.read_csv(outputs / "group" / "compare.csv", index_col="run")
    assert len(table) == 16
    assert table.index[0] == "sweep-0.1-1"
    assert table["validation_accuracy"].is_monotonic_decreasing
    columns = ["validation_accuracy", "test_accuracy", "max_lr", "seed"]
    assert table.loc["sweep-0.1-2", columns].tolist() == pytest.approx([0.81, 0.19, 0.1, 2])

    means = (outputs / "group" / "compare.txt").read_text().splitlines()
    (last,) = (line for line in means if line.split()[:2] == ["1", "0.5"])
    assert float(last.split()[2]) == pytest.approx(0.71)
    assert last.split()[-1] == "3"
    assert (outputs / "group" / "figures" / "compare_runs.png").stat().st_size > 10_000


def test_scores_on_other_rows_are_said_not_to_compare(outputs, compare):
    task = {"max_eval_rows": 0, "label_order": ["a", "b"]}
    make_run(outputs / "base", 0.9, **task)
    make_run(outputs / "file", 0.8, **task | {"train_file": "others.csv"})
    make_run(outputs / "rows", 0.8, **task | {"max_eval_rows": 9})
    make_run(outputs / "classes", 0.8, **task | {"label_order": ["x", "y"]})
    make_run(outputs / "days", 0.8, **task | {"validation_split": "latest"})
    printed = compare("group", ["base", "file", "rows", "classes", "days"])
    assert "Scores of different tasks are not comparable" in printed
    for number in range(1, 6):
        assert f"task {number}: one setting" in printed
    assert "noise" not in printed


def test_by_default_all_own_runs_are_compared_and_what_cannot_be_is_named(outputs, compare):
    make_run(outputs / "mine", 0.7)
    make_run(outputs / "hotter", 0.8, max_lr=0.2)
    make_run(outputs / "begun")
    (outputs / "begun" / "metrics.json").unlink()
    (outputs / "sweep-compared").mkdir()
    (outputs / "sweep-compared" / "compare.csv").write_text("run,rows\nmine,600\n")
    printed = compare("group", default_parameters()["runs"])
    table = pd.read_csv(outputs / "group" / "compare.csv", index_col="run")
    own = [name for name in table.index if not name.startswith("reference/")]
    assert own == ["hotter", "mine"]
    assert len(table) > len(own)
    for name in ("begun", "sweep-compared"):
        assert f"{name} is left out: " in printed
    assert printed.count("is left out") == 2
    assert "max_lr 0.2 over 0.1: +0.100" in printed


def test_without_any_finished_run_one_sentence_says_how_to_make_one(compare):
    with pytest.raises(PapermillExecutionError) as caught:
        compare("here", ["gone"])
    assert caught.value.ename == "TweetsentError"
    assert caught.value.evalue.startswith("there is no finished run in here or among ['gone']")
    assert "run" in caught.value.evalue.partition(": ")[2]
