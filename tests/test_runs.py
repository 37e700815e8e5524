"""Run folders: nothing leaves the outputs, no file is ever half written, and what was run is on record."""

import json
import platform
import re
import socket
from pathlib import Path

import pytest
import yaml

from tweetsent_utils import parameters
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import PROJECT_ROOT
from tweetsent_utils.runs import environment, load_params, open_run, run_folder


@pytest.fixture
def outputs(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path / "outputs"))
    return tmp_path / "outputs"


@pytest.mark.parametrize("name", ["quick", "full-2020", "run_1.5", "3epochs"])
def test_run_folder_lies_below_the_outputs(outputs, name):
    assert run_folder(name) == outputs / name


def test_run_folder_lies_in_the_project_without_the_variable(monkeypatch):
    monkeypatch.delenv("TWEETSENT_OUTPUTS")
    assert run_folder("quick") == PROJECT_ROOT / "outputs" / "quick"


def test_absolute_run_folder_is_taken_as_it_is(outputs, tmp_path):
    assert run_folder(str(tmp_path / "elsewhere")) == tmp_path / "elsewhere"


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "..", ".hidden", "a b", "a\\b", "a\n", "~", "reference"])
def test_names_that_leave_the_outputs_are_refused(outputs, name):
    with pytest.raises(TweetsentError, match="run_name"):
        run_folder(name)


def test_open_run_records_what_the_notebook_declares_and_nothing_else(
    outputs, tmp_path, monkeypatch, capsys, write_notebook
):
    monkeypatch.setattr(parameters, "NOTEBOOKS", tmp_path)
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
    monkeypatch.setattr(parameters, "NOTEBOOKS", tmp_path)
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
    monkeypatch.setattr(parameters, "NOTEBOOKS", tmp_path)
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
