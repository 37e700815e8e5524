"""Notebook 06: which runs it finds and leaves out, what counts as a difference, and what as noise."""

import json
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import notebook_functions

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import NOTEBOOKS, REFERENCE

NOTEBOOK = NOTEBOOKS / "06_compare_runs.ipynb"
compare = notebook_functions("06")


@pytest.fixture
def outputs(tmp_path, monkeypatch) -> Path:
    """An outputs root of this test's own."""
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path / "outputs"))
    (tmp_path / "outputs").mkdir()
    return tmp_path / "outputs"


def make_run(folder: Path, accuracy: float = 0.75, test: float | None = 0.5, **parameters: object) -> Path:
    """Write what a finished run leaves for a comparison: ten steps of two epochs, then scores on 600 rows."""
    folder.mkdir(parents=True)
    given = {"run_name": folder.name, "train_file": "tweets.csv", "seed": 0, "max_lr": 0.1} | parameters
    (folder / "params.yaml").write_text(yaml.safe_dump(given))
    history = pd.DataFrame({"step": range(1, 11), "train_loss": np.linspace(2, 1, 10)})
    history["validation_accuracy"] = [None] * 4 + [accuracy / 2] + [None] * 4 + [accuracy]
    history.to_csv(folder / "history.csv", index=False)
    metrics = {"validation": {"accuracy": accuracy, "macro_f1": accuracy, "loss": 1.0, "rows": 600}}
    metrics |= {"training": {"tweets": 80, "seconds": 9.0, "device": "cpu"}}
    metrics |= {"test": {"accuracy": test, "macro_f1": test}} if test is not None else {}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return folder


class Kernel:
    """The code of the notebook, run cell by cell as a kernel would, with other parameters and no figure."""

    def __init__(self, folder: Path, runs: list[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.names: dict = {"__name__": "notebook"}
        for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
            if "parameters" in cell.metadata.get("tags", []):
                self.names |= {"runs": runs}
            elif cell.cell_type == "code":
                source = cell.source.replace('run = open_run("06_compare_runs", globals())', "")
                self.names |= {"run": folder}
                exec(compile(source, NOTEBOOK.name, "exec"), self.names)

    def __getitem__(self, name: str) -> object:
        return self.names[name]


# --- finding runs ---


def test_names_patterns_and_paths_lead_to_folders_each_once(outputs, tmp_path):
    for name in ("lr-1", "lr-2", "other"):
        make_run(outputs / name)
    elsewhere = make_run(tmp_path / "elsewhere" / "mine")
    patterns = ["lr-*", "lr-1", str(outputs / "lr-2"), str(elsewhere)]
    found = compare.find_runs(patterns, own=outputs / "lr-2")
    assert list(found) == ["lr-2", "lr-1", "mine"]
    assert found["mine"] == elsewhere.resolve()


def test_the_published_runs_are_found_wherever_the_outputs_lie(outputs):
    found = compare.find_runs(["reference/*"], own=outputs / "quick")
    assert {"reference/quick", "reference/minilm-words"} <= set(found)
    assert all(folder.parent == REFERENCE for folder in found.values())


def test_two_folders_of_one_name_are_told_apart(outputs, tmp_path):
    make_run(outputs / "same")
    paths = [make_run(tmp_path / place / "same") for place in ("a", "b")]
    found = compare.find_runs(["same", *map(str, paths)], own=outputs / "same")
    assert list(found) == ["same", *(str(path.resolve()) for path in paths)]


def test_a_path_with_the_signs_of_a_pattern_is_still_a_path(outputs, tmp_path):
    run = make_run(tmp_path / "[odd]" / "run*")
    assert list(compare.find_runs([str(run)], own=outputs / "quick").values()) == [run.resolve()]


def test_a_name_without_a_run_is_said_and_a_folder_of_comparisons_is_no_run(outputs, capsys):
    make_run(outputs / "done")
    (outputs / "group").mkdir()
    (outputs / "group" / "params.yaml").write_text("run_name: group\nruns: [done]\n")
    assert list(compare.find_runs(["*", "nowhere", ""], own=outputs / "group")) == ["done"]
    assert capsys.readouterr().out.splitlines() == [
        "nowhere is left out: no run folder has this name",
        " is left out: no run folder has this name",
    ]


# --- reading one ---


def damage(name: str, old: str = "", new: str = "", drop: bool = False):
    def broken(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).unlink() if drop else (folder / name).write_text(text.replace(old, new) if old else new)

    return broken


@pytest.mark.parametrize(
    ("breakage", "said"),
    [
        (damage("metrics.json", drop=True), "run/metrics.json is not there yet: run 03_training"),
        (damage("history.csv", drop=True), "run/history.csv is not there yet: run 03_training"),
        (damage("params.yaml", drop=True), "run/params.yaml is not there yet: run 01_data_analysis"),
        (damage("metrics.json", "}}", ""), "metrics.json is damaged"),
        (damage("metrics.json", "0.75", "75"), r"metrics.json is damaged \(an accuracy of 75"),
        (damage("metrics.json", "0.75", "NaN"), r"metrics.json is damaged \(an accuracy of nan"),
        (damage("metrics.json", '"rows"', '"row"'), r"metrics.json is damaged \('validation_rows'"),
        (damage("metrics.json", new="[1, 2]"), "metrics.json is damaged"),
        (damage("metrics.json", new="{}"), r"metrics.json is damaged \('validation_accuracy'"),
        (damage("history.csv", "train_loss", "loss"), "history.csv is damaged"),
        (damage("history.csv", "2.0", "high"), "history.csv is damaged"),
        (damage("history.csv", new=""), "history.csv is damaged"),
        (damage("params.yaml", ": ", ": ["), "params.yaml is damaged"),
        (damage("metrics.json", "0.75", "0.76"), "run/metrics.json and history.csv are of two trainings"),
    ],
)
def test_what_cannot_be_compared_is_told_in_one_sentence(tmp_path, breakage, said):
    breakage(make_run(tmp_path / "run"))
    with pytest.raises(TweetsentError, match=said):
        compare.read_run(tmp_path / "run")


def test_a_run_without_test_scores_has_a_gap_there(tmp_path):
    scores, parameters, history = compare.read_run(make_run(tmp_path / "run", test=None))
    assert scores["test_accuracy"] is None
    assert (scores["validation_accuracy"], scores["rows"], scores["training_device"]) == (0.75, 600, "cpu")
    assert parameters["max_lr"] == 0.1 and len(history) == 10


def test_the_published_runs_can_be_read():
    for folder in sorted(path.parent for path in REFERENCE.glob("*/metrics.json")):
        scores, _, history = compare.read_run(folder)
        assert scores["training_tweets"] > 0 and history["validation_accuracy"].count() >= 1


# --- what differs, and what compares ---


def test_a_gap_is_no_difference_by_itself():
    older = pd.DataFrame({"seed": ["0", "1"], "new": ["0.1", None], "same": ["a", "a"]}, ["run", "old"])
    assert compare.find_differing(older) == ["seed"]
    newest = pd.DataFrame({"seed": ["0"], "new": ["0.2"], "same": ["a"]}, ["newest"])
    assert compare.find_differing(pd.concat([older, newest])) == ["seed", "new"]


def test_equal_rows_get_one_number_and_a_gap_stands_apart():
    frame = pd.DataFrame({"file": ["a", "b", "a", None, None], "n": ["1", "1", "1", "1", "1"]}, list("vwxyz"))
    assert compare.number_groups(frame).to_dict() == {"v": 1, "w": 2, "x": 1, "y": 3, "z": 3}


def test_curves_go_by_the_share_of_the_training(tmp_path):
    _, _, history = compare.read_run(make_run(tmp_path / "run", 0.8))
    smooth, accuracy = compare.training_curves(history)
    assert accuracy.to_dict() == {50.0: 0.4, 100.0: 0.8}
    assert smooth.index[-1] == 100 and len(smooth) == 10
    longer = pd.DataFrame({"train_loss": [0.0, 2.0] * 60, "validation_accuracy": [None] * 119 + [0.5]}, range(1, 121))
    assert compare.training_curves(longer)[0].iloc[10:-10].tolist() == [1.0] * 100


# --- noise ---


def by_seed(*accuracies: float | None) -> pd.Series:
    return pd.Series(accuracies, range(len(accuracies)), dtype=float)


def test_three_shared_seeds_are_compared_seed_by_seed():
    one, other = by_seed(0.70, 0.80, 0.90, 0.99), by_seed(0.68, 0.79, 0.87, None)
    gap, margin = compare.compare_settings(one, other, rows=600)
    assert gap == pytest.approx(0.02)
    assert margin == pytest.approx(4.3027 * 0.01 / 3**0.5, rel=1e-4)  # t of two degrees of freedom; n - 1 below s


def test_fewer_shared_seeds_leave_the_errors_of_single_scores():
    gap, margin = compare.compare_settings(by_seed(0.8, 0.8), by_seed(0.5), rows=100)
    assert gap == pytest.approx(0.3)
    assert margin == pytest.approx(1.96 * (0.8 * 0.2 / 200 + 0.5 * 0.5 / 100) ** 0.5)


# --- all together ---


def test_a_sweep_becomes_one_table_sorted_by_validation_and_means_over_seeds(outputs, capsys):
    scores = {(0.1, 0): 0.80, (0.1, 1): 0.82, (0.1, 2): 0.81, (0.5, 0): 0.70, (0.5, 1): 0.73, (0.5, 2): 0.70}
    for (rate, seed), accuracy in scores.items():
        make_run(outputs / f"sweep-{rate}-{seed}", accuracy, test=1 - accuracy, max_lr=rate, seed=seed)
    shutil.copytree(outputs / "sweep-0.5-1", outputs / "sweep-again")  # the same seed is no new draw
    kernel = Kernel(outputs / "sweep", ["sweep-*"])

    assert list(kernel["table"].index[:2]) == ["sweep-0.1-1", "sweep-0.1-2"]
    assert kernel["table"]["validation_accuracy"].is_monotonic_decreasing
    assert set(kernel["differing"]) == {"seed", "max_lr"}
    means = kernel["means"].loc[(1, "0.5")]
    assert means.tolist() == pytest.approx([0.71, 0.03 / 3**0.5, 3])
    said = capsys.readouterr().out
    assert "max_lr 0.1 over 0.5: +0.100 ± 0.025, more than noise" in said
    assert "not comparable" not in said and "left out" not in said

    written = pd.read_csv(outputs / "sweep" / "compare.csv", index_col="run")
    assert written.index.tolist() == kernel["table"].index.tolist()
    assert written.loc["sweep-0.1-2", ["validation_accuracy", "max_lr", "seed"]].tolist() == [0.81, 0.1, 2]
    assert (outputs / "sweep" / "figures" / "compare_runs.png").stat().st_size > 10_000


DIFFERENT_TASKS = [{"train_file": "others.csv"}, {"max_eval_rows": 9}, {"label_order": ["x", "y"]}]
DIFFERENT_TASKS += [{"validation_split": "latest"}]


@pytest.mark.parametrize("other", DIFFERENT_TASKS)
def test_scores_on_other_rows_are_said_not_to_compare(outputs, capsys, other):
    make_run(outputs / "one", 0.8, max_eval_rows=0, label_order=["a", "b"])
    make_run(outputs / "two", 0.9, **{"max_eval_rows": 0, "label_order": ["a", "b"]} | other)
    kernel = Kernel(outputs / "here", ["one", "two"])
    said = capsys.readouterr().out
    assert "Scores of different tasks are not comparable" in said
    assert "task 1: one setting" in said and "task 2: one setting" in said and "noise" not in said
    assert kernel["title"].startswith("2 runs in 2 tasks")


def test_what_is_left_out_is_named_and_the_rest_compared(outputs, capsys):
    for name in ("fine", "torn", "begun"):
        make_run(outputs / name)
    (outputs / "torn" / "metrics.json").write_text("{")
    (outputs / "begun" / "metrics.json").unlink()
    kernel = Kernel(outputs / "fine", ["torn", "begun", "gone"])
    said = capsys.readouterr().out
    for name in ("torn", "begun", "gone"):
        assert f"{name} is left out: " in said
    assert list(kernel["found"]) == ["fine"]
    assert kernel["title"] == "fine has validation accuracy 0.75"


def test_without_any_run_one_sentence_says_how_to_get_one(outputs):
    with pytest.raises(TweetsentError, match=r"no finished run in here or among \['gone'\]: make one \(python -m"):
        Kernel(outputs / "here", ["gone"])


def test_more_runs_than_a_figure_can_hold_leave_the_best_twelve_in_it(outputs):
    for number, seed in product(range(7), range(2)):
        make_run(outputs / f"many-{number}-{seed}", 0.5 + number / 100 + seed / 1000, max_lr=number / 10, seed=seed)
    kernel = Kernel(outputs / "many", ["many-*"])
    assert len(kernel["table"]) == 14 and len(kernel["means"]) == 7
    assert kernel["drawn"] == list(kernel["table"].index[:12])
    assert kernel["title"] == "many-6-1 is ahead with 0.56, the last of 12 has 0.51"


def test_it_imports_neither_torch_nor_transformers():
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    imports = [cell.source for cell in cells if cell.cell_type == "code" and "import " in cell.source]
    code = "\n".join(imports).replace('run = open_run("06_compare_runs", globals())', "")
    code += "\nimport sys\nprint([name for name in ('torch', 'transformers', 'sklearn') if name in sys.modules])"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"
