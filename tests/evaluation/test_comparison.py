"""Which runs are found and refused, what counts as a difference, and what as noise."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fake_runs import make_run

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation import comparison
from tweetsent_utils.paths import REFERENCE


@pytest.fixture
def outputs(tmp_path, monkeypatch) -> Path:
    """An outputs root of this test's own."""
    folder = tmp_path / "outputs"
    folder.mkdir()
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(folder))
    return folder


# --- finding runs ---


def test_names_patterns_and_paths_lead_to_folders_each_once(outputs, tmp_path):
    for name in ("lr-1", "lr-2", "other"):
        make_run(outputs / name)
    elsewhere = make_run(tmp_path / "elsewhere" / "mine")
    patterns = ["lr-*", "lr-1", str(outputs / "lr-2"), str(elsewhere)]
    found = comparison.find_runs(patterns, own=outputs / "lr-2")
    assert list(found) == ["lr-2", "lr-1", "mine"]
    assert found["mine"] == elsewhere.resolve()


def test_published_runs_are_found_wherever_the_outputs_are_and_can_be_read(outputs):
    found = comparison.find_runs(["reference/*"], own=outputs / "quick")
    assert {"reference/quick", "reference/minilm-words"} <= set(found)
    for folder in found.values():
        assert folder.parent == REFERENCE
        run = comparison.read_run(folder)
        assert run.scores["training_tweets"] > 0
        assert run.history["validation_accuracy"].count() >= 1


def test_two_folders_of_one_name_are_kept_apart(outputs, tmp_path):
    make_run(outputs / "same")
    paths = [make_run(tmp_path / place / "same") for place in ("a", "b")]
    found = comparison.find_runs(["same", *map(str, paths)], own=outputs / "same")
    assert list(found) == ["same", *(str(path.resolve()) for path in paths)]


def test_path_with_the_signs_of_a_pattern_is_still_a_path(outputs, tmp_path):
    run = make_run(tmp_path / "[odd]" / "run*")
    assert list(comparison.find_runs([str(run)], own=outputs / "quick").values()) == [run.resolve()]


def test_name_without_a_run_is_reported_and_a_folder_of_comparisons_is_no_run(outputs, capsys):
    make_run(outputs / "done")
    (outputs / "group").mkdir()
    (outputs / "group" / "params.yaml").write_text("run_name: group\nruns: [done]\n")
    found = comparison.find_runs(["*", "nowhere", ""], own=outputs / "group")
    assert list(found) == ["done"]
    nowhere, empty = capsys.readouterr().out.splitlines()
    assert nowhere.startswith("nowhere is left out")
    assert empty.startswith(" is left out")


# --- reading one ---


def test_run_without_test_scores_has_a_gap_there(tmp_path):
    run = comparison.read_run(make_run(tmp_path / "run", test=None))
    assert run.scores["test_accuracy"] is None
    assert run.scores["validation_accuracy"] == 0.75
    assert run.scores["rows"] == 600
    assert run.scores["training_device"] == "cpu"
    assert run.parameters["max_lr"] == 0.1
    assert run.history.index.tolist() == list(range(1, 11))


@pytest.mark.parametrize(
    ("name", "notebook"),
    [
        ("metrics.json", "03_training"),
        ("history.csv", "03_training"),
        ("params.yaml", "01_data_analysis"),
    ],
)
def test_missing_file_is_reported_with_the_notebook_that_makes_it(tmp_path, name, notebook):
    run = make_run(tmp_path / "run")
    (run / name).unlink()
    with pytest.raises(TweetsentError, match=f"run/{name} is not there yet: run {notebook}"):
        comparison.read_run(run)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("metrics.json", "}}", "", "metrics.json is damaged"),
        ("metrics.json", "0.75", "75", r"metrics.json is damaged \(an accuracy of 75"),
        ("metrics.json", "0.75", "NaN", r"metrics.json is damaged \(an accuracy of nan"),
        ("metrics.json", '"rows"', '"row"', r"metrics.json is damaged \('validation_rows'"),
        ("metrics.json", None, "[1, 2]", "metrics.json is damaged"),
        ("metrics.json", None, "{}", r"metrics.json is damaged \('validation_accuracy'"),
        ("history.csv", "train_loss", "loss", "history.csv is damaged"),
        ("history.csv", "2.0", "high", "history.csv is damaged"),
        ("history.csv", None, "", "history.csv is damaged"),
        ("params.yaml", ": ", ": [", "params.yaml is damaged"),
        ("metrics.json", "0.75", "0.76", "metrics.json and history.csv are of two trainings"),
    ],
)
def test_damaged_run_is_refused(tmp_path, name, old, new, message):
    file = make_run(tmp_path / "run") / name
    text = file.read_text()
    file.write_text(text.replace(old, new) if old else new)
    assert file.read_text() != text
    with pytest.raises(TweetsentError, match=message):
        comparison.read_run(file.parent)


def test_sweep_has_a_row_for_each_seed_and_a_column_for_each_value(tmp_path, monkeypatch):
    monkeypatch.setattr(comparison, "REFERENCE", tmp_path)
    runs = [
        {"seed": 0, "pooling": "cls", "accuracy": 0.5, "seconds": 9},
        {"seed": 0, "pooling": "mean", "accuracy": 0.6, "seconds": 9},
        {"seed": 1, "pooling": "mean", "accuracy": 0.7, "seconds": 9},
    ]
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "sweeps" / "pooling.json").write_text(json.dumps({"runs": runs}))
    sweep = comparison.read_sweep("pooling")
    assert sweep["mean"].to_dict() == {0: 0.6, 1: 0.7}
    assert sweep["cls"].dropna().to_dict() == {0: 0.5}


# --- what differs ---


def test_gap_is_no_difference_by_itself():
    values = {"seed": ["0", "1"], "new": ["0.1", None], "same": ["a", "a"]}
    older = pd.DataFrame(values, ["run", "old"])
    assert comparison.find_differing(older) == ["seed"]
    newest = pd.DataFrame({"seed": ["0"], "new": ["0.2"], "same": ["a"]}, ["newest"])
    assert comparison.find_differing(pd.concat([older, newest])) == ["seed", "new"]


def test_equal_rows_get_one_number_and_a_gap_only_equals_a_gap():
    files = pd.DataFrame({"file": ["a", "b", "a", None, None], "n": ["1"] * 5}, list("vwxyz"))
    groups = comparison.number_groups(files)
    assert groups.to_dict() == {"v": 1, "w": 2, "x": 1, "y": 3, "z": 3}


def test_curves_go_by_the_share_of_the_training(tmp_path):
    history = comparison.read_run(make_run(tmp_path / "run", 0.8)).history
    loss, accuracy = comparison.training_curves(history)
    assert accuracy.to_dict() == {50.0: 0.4, 100.0: 0.8}
    assert loss.index.tolist() == list(range(10, 101, 10))


def test_noise_of_single_steps_is_smoothed_away_and_the_trend_is_not():
    trend = np.linspace(120, 1, 120)
    noise = np.tile([-5.0, 5.0], 60)
    history = pd.DataFrame({"train_loss": trend + noise, "validation_accuracy": 0.5})
    loss, _ = comparison.training_curves(history.set_index(np.arange(1, 121)))
    assert loss.to_numpy()[10:-10] == pytest.approx(trend[10:-10], abs=1)


# --- noise ---


def by_seed(*accuracies: float | None) -> pd.Series:
    return pd.Series(accuracies, range(len(accuracies)), dtype=float)


def test_three_shared_seeds_are_compared_seed_by_seed():
    one, other = by_seed(0.70, 0.80, 0.90, 0.99), by_seed(0.68, 0.79, 0.87, None)
    gap, margin = comparison.compare_settings(one, other[::-1], rows=600)
    assert gap == pytest.approx(0.02)
    # Student's t for two degrees of freedom, times the standard error of the mean.
    assert margin == pytest.approx(4.3027 * 0.01 / 3**0.5, rel=1e-4)


@pytest.mark.parametrize("lead", [0.0, 0.05])
def test_lead_that_is_the_same_on_every_seed_has_no_margin(lead, recwarn):
    accuracies = by_seed(0.7, 0.8, 0.9)
    compared = comparison.compare_settings(accuracies + lead, accuracies, rows=20)
    assert compared == pytest.approx((lead, 0), abs=1e-12)
    assert not recwarn.list


def test_fewer_shared_seeds_leave_the_errors_of_single_scores():
    gap, margin = comparison.compare_settings(by_seed(0.8, 0.8), by_seed(0.5), rows=100)
    assert gap == pytest.approx(0.3)
    assert margin == pytest.approx(1.96 * np.sqrt(0.8 * 0.2 / 200 + 0.5 * 0.5 / 100))


@pytest.mark.slow
def test_comparing_does_not_wait_for_torch():
    code = "import sys, tweetsent_utils.evaluation.comparison, tweetsent_utils.pipeline.runs\n"
    code += "print({'torch', 'transformers'} & sys.modules.keys())"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert finished.stdout.split() == [b"set()"]
