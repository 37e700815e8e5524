"""Run folders: nothing leaves the outputs, no file is ever half written, and what was run is on record."""

import json
import platform
import re
import socket
from pathlib import Path

import nbformat
import pytest
import yaml

from tweetsent_utils import runs
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.runs import (
    PROJECT_ROOT,
    declared_parameters,
    environment,
    load_json,
    load_params,
    need,
    open_run,
    project_path,
    run_folder,
    save_json,
    update_metrics,
    write_whole,
)


@pytest.fixture
def outputs(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path / "outputs"))
    return tmp_path / "outputs"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_paths_count_from_the_project_root_unless_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert project_path("data/x.csv") == PROJECT_ROOT / "data" / "x.csv"
    assert project_path(tmp_path / "x.csv") == tmp_path / "x.csv"
    assert (PROJECT_ROOT / "tweetsent_utils").is_dir()


@pytest.mark.parametrize("name", ["quick", "full-2020", "run_1.5", "3epochs"])
def test_run_folder_lies_below_the_outputs(outputs, name):
    assert run_folder(name) == outputs / name


def test_run_folder_lies_in_the_project_without_the_variable(monkeypatch):
    monkeypatch.delenv("TWEETSENT_OUTPUTS")
    assert run_folder("quick") == PROJECT_ROOT / "outputs" / "quick"


def test_absolute_run_folder_is_taken_as_it_is(outputs, tmp_path):
    assert run_folder(str(tmp_path / "elsewhere")) == tmp_path / "elsewhere"


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "..", ".hidden", "a b", "a\\b", "a\n", "~"])
def test_names_that_leave_the_outputs_are_refused(outputs, name):
    with pytest.raises(TweetsentError, match="run_name"):
        run_folder(name)


def test_whole_file_is_written_with_its_folders_and_nothing_beside_it(tmp_path):
    write_whole(tmp_path / "a" / "b" / "file.txt", lambda file: file.write_text("new"))
    assert (tmp_path / "a" / "b" / "file.txt").read_text() == "new"
    assert names(tmp_path / "a" / "b") == ["file.txt"]


@pytest.mark.parametrize("old", ["old", None])
def test_failed_writer_leaves_the_old_file_or_none(tmp_path, old):
    path = tmp_path / "file.txt"
    if old:
        path.write_text(old)

    def fail(file: Path) -> None:
        file.write_text("half")
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        write_whole(path, fail)
    assert (path.read_text() if path.exists() else None) == old
    write_whole(path, lambda file: file.write_text("second try"))
    assert path.read_text() == "second try"
    assert names(tmp_path) == ["file.txt"]


def test_whole_folder_replaces_the_old_one_without_leftovers(tmp_path):
    def write(*files: str) -> None:
        def into(folder: Path) -> None:
            folder.mkdir()
            for file in files:
                (folder / file).write_text(file)

        write_whole(tmp_path / "model", into)

    write("a", "b")
    write("b", "c")
    assert names(tmp_path) == ["model"]
    assert names(tmp_path / "model") == ["b", "c"]


def test_half_written_folder_of_a_crash_does_not_leak_into_the_next(tmp_path):
    def crash(folder: Path) -> None:
        folder.mkdir()
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "model", crash)
    assert not (tmp_path / "model").exists()
    write_whole(tmp_path / "model", lambda folder: folder.mkdir())
    assert names(tmp_path / "model") == []


def test_json_comes_back_as_it_was_and_is_empty_when_absent(tmp_path):
    value = {"loss": 0.5, "name": "café", "rows": [1, 2], "none": None}
    save_json(tmp_path / "x.json", value)
    assert load_json(tmp_path / "x.json") == value
    assert load_json(tmp_path / "absent.json") == {}


def test_metrics_merge_section_by_section(tmp_path):
    update_metrics(tmp_path, validation={"loss": 1.0, "rows": 5}, baselines={"majority": {"accuracy": 0.2}})
    update_metrics(tmp_path, test={"loss": 2.0}, baselines={"bag_of_words": {"accuracy": 0.4}})
    update_metrics(tmp_path, validation={"loss": 0.5})
    assert json.loads((tmp_path / "metrics.json").read_text()) == {
        "validation": {"loss": 0.5, "rows": 5},
        "baselines": {"majority": {"accuracy": 0.2}, "bag_of_words": {"accuracy": 0.4}},
        "test": {"loss": 2.0},
    }


def test_missing_input_names_the_notebook_that_makes_it(tmp_path):
    with pytest.raises(TweetsentError, match=r"history\.csv.*03_training\.ipynb"):
        need(tmp_path / "history.csv", "03_training")
    (tmp_path / "history.csv").touch()
    assert need(tmp_path / "history.csv", "03_training") == tmp_path / "history.csv"


def test_declared_parameters_are_those_of_the_tagged_cell_in_order(tmp_path, write_notebook):
    source = """run_name = "quick"  # the run's folder

# Numbers
max_lr = 3e-5  # peak
layers = -1
label_order = ["a = b", "#c"]
nothing = None
on = True"""
    expected = {
        "run_name": "quick",
        "max_lr": 3e-5,
        "layers": -1,
        "label_order": ["a = b", "#c"],
        "nothing": None,
        "on": True,
    }
    found = declared_parameters(write_notebook(tmp_path / "01_x.ipynb", source, "hidden = 1"))
    assert found == expected
    assert list(found) == list(expected)


def test_notebook_without_parameters_declares_none(tmp_path):
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("a = 1")]), tmp_path / "x.ipynb")
    assert declared_parameters(tmp_path / "x.ipynb") == {}


def test_open_run_records_what_the_notebook_declares_and_nothing_else(
    outputs, tmp_path, monkeypatch, capsys, write_notebook
):
    monkeypatch.setattr(runs, "NOTEBOOKS", tmp_path)
    write_notebook(tmp_path / "01_x.ipynb", 'run_name = "quick"\nseed = 0\nlabel_order = ["low", "high"]')
    write_notebook(tmp_path / "02_y.ipynb", 'run_name = "quick"\nmax_lr = 0.1')
    first = {"run_name": "r", "seed": 7, "label_order": ["low", "high"], "secret": 1, "max_lr": 9}
    folder = open_run("01_x", first)
    assert folder == outputs / "r"
    assert folder.is_dir()
    open_run("02_y", {"run_name": "r", "max_lr": 3e-5, "seed": 8})
    recorded = {"run_name": "r", "seed": 7, "label_order": ["low", "high"], "max_lr": 3e-5}
    assert yaml.safe_load((folder / "params.yaml").read_text()) == recorded
    assert load_params(folder) == recorded
    assert json.loads((folder / "environment.json").read_text())["python"] == platform.python_version()
    assert capsys.readouterr().out == ""


def test_open_run_says_aloud_what_changed(outputs, tmp_path, monkeypatch, capsys, write_notebook):
    monkeypatch.setattr(runs, "NOTEBOOKS", tmp_path)
    write_notebook(tmp_path / "01_x.ipynb", 'run_name = "quick"\nseed = 0\nmax_lr = 0.1')
    open_run("01_x", {"run_name": "r", "seed": 1, "max_lr": 0.1})
    folder = open_run("01_x", {"run_name": "r", "seed": 2, "max_lr": 0.1})
    said = capsys.readouterr().out
    assert re.search(r"seed was 1 .*is 2 now", said)
    assert "max_lr" not in said
    assert load_params(folder)["seed"] == 2


def test_params_of_a_run_that_never_began_are_empty(tmp_path):
    assert load_params(tmp_path) == {}


def test_non_ascii_parameters_come_back(outputs, tmp_path, monkeypatch, write_notebook):
    monkeypatch.setattr(runs, "NOTEBOOKS", tmp_path)
    write_notebook(tmp_path / "01_x.ipynb", 'run_name = "quick"\ntrain_file = "x"')
    folder = open_run("01_x", {"run_name": "r", "train_file": "données/été 😀.csv"})
    assert load_params(folder)["train_file"] == "données/été 😀.csv"


def test_environment_names_versions_and_hardware_and_no_place_or_host(monkeypatch):
    monkeypatch.setattr(platform, "node", lambda: "secret-host")
    found = environment()
    text = json.dumps(found)
    assert "secret-host" not in text
    assert len(socket.gethostname()) < 6 or socket.gethostname() not in text
    assert str(PROJECT_ROOT) not in text
    assert str(Path.home()) not in text or str(Path.home()) == "/"
    assert not re.search(r'"(/|[A-Z]:\\\\)', text)
    import torch

    assert found["packages"]["torch"] == torch.__version__.split("+")[0] or found["packages"]["torch"] == (
        torch.__version__
    )
    assert found["memory_gib"] > 0
    assert found["cores"] >= 1


def test_environment_can_be_told_without_git(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert environment()["git_commit"] is None
