"""Parameters: each in the type of its default, from the place that comes last.

What is refused is in tests/robustness/test_bad_parameters.py.
"""

from pathlib import Path

import pytest

from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.pipeline.parameters import (
    check_parameters,
    default_parameters,
    gather_parameters,
)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("max_lr", "3e-4", 3e-4),
        ("max_lr", "1", 1.0),
        ("max_lr", 1, 1.0),
        ("max_lr", 0.5, 0.5),
        ("seed", "7", 7),
        ("seed", 7, 7),
        ("seed", str(2**32 - 1), 2**32 - 1),
        ("cleaning", "words", "words"),
        ("encoder", "123", "123"),
        ("encoder", "true", "true"),
        ("encoder", "a: b", "a: b"),
        ("test_file", "", ""),
        ("label_order", "[bad, good]", ["bad", "good"]),
        ("label_order", ["bad", "good"], ["bad", "good"]),
        ("label_order", "[1, 0]", ["1", "0"]),  # labels that are numbers become names
        ("label_order", [0, 1, 2], ["0", "1", "2"]),
        ("label_order", "[]", []),  # no order
        ("label_order", "", []),
        ("label_order", "low, high", ["low", "high"]),
        ("label_order", "no,yes", ["no", "yes"]),
        ("label_order", "0,1,2", ["0", "1", "2"]),
        ("label_order", '"so, so",fine', ["so, so", "fine"]),
        ("label_order", "@home, #away", ["@home", "#away"]),
        ("label_order", "- low\n- high", ["low", "high"]),
        ("runs", "", []),
        ("runs", "[]", []),
        ("runs", "reference/*", ["reference/*"]),
        ("runs", "quick,hotter", ["quick", "hotter"]),
    ],
)
def test_a_value_takes_the_type_of_its_parameter(name, value, expected):
    found = check_parameters({name: value})[name]
    assert found == expected
    assert type(found) is type(expected)


def test_later_sources_win(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("run_name: from_file\nseed: 1\nmax_lr: 3e-4\nnum_epochs: 5\n")
    overrides = [("run_name", "from_p"), ("seed", "2"), ("max_lr", "1")]
    found = gather_parameters(file, overrides, "from_run")
    changes = {"run_name": "from_run", "seed": 2, "max_lr": 1.0, "num_epochs": 5}
    assert found == default_parameters() | changes
    assert gather_parameters(file, overrides)["run_name"] == "from_p"
    assert gather_parameters(file)["run_name"] == "from_file"
    assert gather_parameters(file)["max_lr"] == 3e-4  # which YAML takes for text
    assert gather_parameters() == default_parameters()


def test_an_empty_file_changes_nothing(tmp_path):
    (tmp_path / "mine.yaml").write_text("# nothing yet\n")
    assert gather_parameters(tmp_path / "mine.yaml") == default_parameters()


def test_a_file_in_the_working_directory_is_handed_on_by_its_absolute_path(tmp_path, monkeypatch):
    for name in ("mine.csv", "data/sample/Corona_NLP_train.csv", "encoder/config.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    given = [("train_file", "mine.csv"), ("test_file", ""), ("encoder", "encoder")]
    found = gather_parameters(overrides=given)
    assert found["train_file"] == str(tmp_path / "mine.csv")
    assert found["test_file"] == ""
    assert found["encoder"] == str(tmp_path / "encoder")
    # By default it is the project's file, whatever is here, and so is what the project alone has.
    assert gather_parameters() == default_parameters()
    messages = [("train_file", "data/library/messages.csv")]
    assert gather_parameters(overrides=messages)["train_file"] == "data/library/messages.csv"
    monkeypatch.chdir(PROJECT_ROOT)
    assert gather_parameters(overrides=messages)["train_file"] == "data/library/messages.csv"


def test_a_parameter_file_may_be_in_the_home_folder(tmp_path, monkeypatch):
    for variable in ("HOME", "USERPROFILE"):  # the second on Windows
        monkeypatch.setenv(variable, str(tmp_path))
    (tmp_path / "mine.yaml").write_text("seed: 3\n")
    assert gather_parameters(Path("~/mine.yaml"))["seed"] == 3
