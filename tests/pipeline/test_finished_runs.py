"""Finished runs: which folders are found, and what can and cannot be read of them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fake_runs import make_run

from tweetsent_utils.checksums import write_recorded
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.paths import REFERENCE
from tweetsent_utils.pipeline import finished_runs
from tweetsent_utils.pipeline.parameters import default_parameters


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
    found = finished_runs.find_runs(patterns, own=outputs / "lr-2")
    assert list(found) == ["lr-2", "lr-1", "mine"]
    assert found["mine"] == elsewhere.resolve()


def test_published_runs_are_found_wherever_the_outputs_are_and_can_be_read(outputs):
    found = finished_runs.find_runs(["reference/*"], own=outputs / "quick")
    assert {"reference/quick", "reference/minilm-words"} <= set(found)
    for folder in found.values():
        assert folder.parent == REFERENCE
        run = finished_runs.read_run(folder)
        assert run.scores["training_tweets"] > 0
        assert run.history["validation_accuracy"].count() >= 1


def test_two_folders_of_one_name_are_kept_apart(outputs, tmp_path):
    make_run(outputs / "same")
    paths = [make_run(tmp_path / place / "same") for place in ("a", "b")]
    found = finished_runs.find_runs(["same", *map(str, paths)], own=outputs / "same")
    assert list(found) == ["same", *(str(path.resolve()) for path in paths)]


def test_path_with_the_signs_of_a_pattern_is_still_a_path(outputs, tmp_path):
    run = make_run(tmp_path / "[odd]" / "run*")
    assert list(finished_runs.find_runs([str(run)], own=outputs / "quick").values()) == [
        run.resolve()
    ]


def test_name_without_a_run_is_reported_and_a_folder_of_comparisons_is_no_run(outputs, capsys):
    make_run(outputs / "done")
    (outputs / "group").mkdir()
    (outputs / "group" / "params.yaml").write_text("run_name: group\nruns: [done]\n")
    found = finished_runs.find_runs(["*", "nowhere", ""], own=outputs / "group")
    assert list(found) == ["done"]
    nowhere, empty = capsys.readouterr().out.splitlines()
    assert nowhere.startswith("nowhere is left out")
    assert empty.startswith(" is left out")


def test_all_own_runs_are_found_by_default_next_to_the_published_ones(outputs, capsys):
    for name in ("second", "first"):
        make_run(outputs / name)
    patterns = default_parameters()["runs"]
    found = finished_runs.find_runs(patterns, own=outputs / "second")
    published = [name for name in found if name.startswith("reference/")]
    assert list(found) == ["second", "first", *published]
    assert {"reference/minilm-raw", "reference/minilm-words"} <= set(published)
    assert not capsys.readouterr().out


def test_before_any_own_run_the_default_finds_the_published_ones(outputs, capsys):
    found = finished_runs.find_runs(default_parameters()["runs"], own=outputs / "quick")
    assert found
    assert all(folder.parent == REFERENCE for folder in found.values())
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("* is left out")


def test_what_else_is_among_the_outputs_is_no_run(outputs, capsys):
    make_run(outputs / "done")
    (outputs / "notes.txt").write_text("train_file")
    (outputs / "empty").mkdir()
    (outputs / "odd" / "params.yaml").mkdir(parents=True)
    compared = outputs / "sweep-compared"
    compared.mkdir()
    (compared / "params.yaml").write_text("run_name: sweep-compared\nruns: [done]\n")
    (compared / "compare.csv").write_text("run,rows\ndone,600\n")
    assert list(finished_runs.find_runs(["*"], own=outputs / "done")) == ["done"]
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("sweep-compared is left out")
    finished_runs.find_runs(["done"], own=compared)
    assert not capsys.readouterr().out


def test_an_ensemble_is_named_and_left_out_and_its_members_are_compared(outputs, capsys):
    for seed in (0, 1):
        make_run(outputs / f"quick-seed-{seed}", seed=seed)
    ensemble = make_run(outputs / "quick-ensemble")
    (ensemble / "ensemble.json").write_text("{}")
    members = ["quick-seed-0", "quick-seed-1"]
    assert list(finished_runs.read_runs(["quick-*"], own=outputs / "quick")) == members
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("quick-ensemble is left out: its ensemble.txt")
    finished_runs.find_runs(["quick-ensemble"], own=outputs / "quick-seed-0")
    (line,) = capsys.readouterr().out.splitlines()
    assert "no run folder" not in line


def test_folder_that_may_not_be_read_is_refused_when_it_is_read(outputs, monkeypatch):
    run = make_run(outputs / "locked")

    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refuse)
    assert list(finished_runs.find_runs(["locked"], own=outputs / "quick")) == ["quick", "locked"]
    with pytest.raises(TweetsentError, match="locked is damaged .Permission denied"):
        finished_runs.read_run(run)


# --- reading one ---


def test_run_without_test_scores_has_a_gap_there(tmp_path):
    run = finished_runs.read_run(make_run(tmp_path / "run", test=None))
    assert run.scores["test_accuracy"] is None
    assert run.scores["validation_accuracy"] == 0.75
    assert run.scores["rows"] == 600
    assert run.scores["training_device"] == "cpu"
    assert run.parameters["max_lr"] == 0.1
    assert run.history.index.tolist() == list(range(1, 11))


def test_the_validation_loss_is_read_where_a_run_has_recorded_it():
    history = finished_runs.read_run(REFERENCE / "quick").history
    assert history["validation_loss"].count() == history["validation_accuracy"].count() > 0


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
        finished_runs.read_run(run)


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
        ("params.yaml", "seed: 0", "speed: 0", "params.yaml lacks .* seed"),
        ("params.yaml", None, "run_name: run", "params.yaml lacks the train_file"),
        ("metrics.json", "0.75", "0.76", "metrics.json and history.csv are of two trainings"),
    ],
)
def test_damaged_run_is_refused(tmp_path, name, old, new, message):
    file = make_run(tmp_path / "run") / name
    text = file.read_text()
    file.write_text(text.replace(old, new) if old else new)
    assert file.read_text() != text
    with pytest.raises(TweetsentError, match=message):
        finished_runs.read_run(file.parent)


def test_sweep_has_a_row_for_each_seed_and_a_column_for_each_value(tmp_path, monkeypatch):
    monkeypatch.setattr(finished_runs, "REFERENCE", tmp_path)
    runs = [
        {"seed": 0, "pooling": "cls", "accuracy": 0.5, "seconds": 9},
        {"seed": 0, "pooling": "mean", "accuracy": 0.6, "seconds": 9},
        {"seed": 1, "pooling": "mean", "accuracy": 0.7, "seconds": 9},
    ]
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "sweeps" / "pooling.json").write_text(json.dumps({"runs": runs}))
    sweep = finished_runs.read_sweep("pooling")
    assert sweep["mean"].to_dict() == {0: 0.6, 1: 0.7}
    assert sweep["cls"].dropna().to_dict() == {0: 0.5}


@pytest.mark.slow
def test_comparing_does_not_wait_for_torch():
    modules = ["evaluation.comparison", "pipeline.finished_runs", "pipeline.runs"]
    code = "import sys\n" + "".join(f"import tweetsent_utils.{name}\n" for name in modules)
    code += "print({'torch', 'transformers'} & sys.modules.keys())"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert finished.stdout.split() == [b"set()"]


@pytest.mark.parametrize("name", ["metrics.json", "history.csv"])
def test_a_file_that_was_edited_is_named(tmp_path, name):
    folder = make_run(tmp_path / "run")
    content = (folder / name).read_bytes()
    write_recorded(folder / name, lambda file: file.write_bytes(content))
    assert finished_runs.read_run(folder).scores["validation_accuracy"] == 0.75
    (folder / name).write_bytes(content.replace(b"1.0", b"1.1"))
    with pytest.raises(TweetsentError, match=f"{name} is damaged or was edited.*--from 03"):
        finished_runs.read_run(folder)


# --- reading several ---


def test_what_cannot_be_read_is_named_and_the_rest_is_returned(outputs, capsys):
    make_run(outputs / "good")
    make_run(outputs / "torn")
    (outputs / "torn" / "metrics.json").write_text("{")
    assert list(finished_runs.read_runs(["*"], own=outputs / "good")) == ["good"]
    assert "torn is left out: " in capsys.readouterr().out


def test_without_a_finished_run_one_sentence_says_how_to_make_one(outputs):
    with pytest.raises(TweetsentError, match=r"no finished run in here or among \['gone'\]: make"):
        finished_runs.read_runs(["gone"], own=outputs / "here")
