"""Parameters: each in the type of its default, and what is wrong is refused with one sentence before anything runs."""

from pathlib import Path

import nbformat
import pytest

from tweetsent_utils import parameters
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.parameters import (
    check_parameters,
    coerce,
    declared_parameters,
    gather_parameters,
    known_parameters,
)

KNOWN = {"seed": 0, "max_lr": 0.1, "encoder": "tiny", "show": True, "label_order": ["low", "high"]}


@pytest.fixture
def notebooks(tmp_path, monkeypatch, write_notebook) -> None:
    """Two small notebooks in place of the project's."""
    first = """run_name = "quick"
seed = 0
validation_share = 0.2
show = True
encoder = "tiny"
label_order = ["low", "high"]"""
    write_notebook(tmp_path / "01_first.ipynb", first)
    write_notebook(tmp_path / "02_second.ipynb", 'run_name = "quick"\nmax_lr = 0.1\nnum_epochs = 2')
    write_notebook(tmp_path / "draft.ipynb", "forgotten = 1")
    monkeypatch.setattr(parameters, "NOTEBOOKS", tmp_path)


def refusal(file: Path) -> str:
    with pytest.raises(TweetsentError) as caught:
        gather_parameters(file)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("max_lr", "3e-4", 3e-4),
        ("max_lr", "1", 1.0),
        ("max_lr", 1, 1.0),
        ("max_lr", 0.5, 0.5),
        ("seed", "7", 7),
        ("seed", 7, 7),
        ("show", "False", False),
        ("show", True, True),
        ("encoder", "123", "123"),
        ("encoder", "true", "true"),
        ("encoder", "a: b", "a: b"),
        ("label_order", "[bad, good]", ["bad", "good"]),
        ("label_order", ["bad", "good"], ["bad", "good"]),
    ],
)
def test_value_takes_the_type_of_its_default(name, value, expected):
    coerced = coerce(name, value, KNOWN)
    assert coerced == expected
    assert type(coerced) is type(expected)


@pytest.mark.parametrize(
    ("name", "value", "type_name"),
    [
        ("seed", True, "int"),
        ("seed", "true", "int"),
        ("seed", "1.5", "int"),
        ("seed", 2.0, "int"),
        ("seed", "two", "int"),
        ("seed", "", "int"),
        ("seed", "[1", "int"),
        ("max_lr", "fast", "float"),
        ("max_lr", True, "float"),
        ("max_lr", None, "float"),
        ("show", "maybe", "bool"),
        ("show", 1, "bool"),
        ("encoder", 5, "str"),
        ("label_order", "good", "list"),
        ("label_order", "{a: 1}", "list"),
        ("label_order", "[no, yes]", "list"),
        ("label_order", [1.5, 2], "list"),
    ],
)
def test_value_of_a_wrong_type_is_refused_with_the_type_and_an_example(name, value, type_name):
    with pytest.raises(TweetsentError) as caught:
        coerce(name, value, KNOWN)
    message = str(caught.value)
    assert message.startswith(name)
    assert type_name in message
    assert repr(KNOWN[name]) in message


def test_unknown_name_is_refused_with_the_nearest_one():
    with pytest.raises(TweetsentError, match="'max_rl'.*did you mean 'max_lr'"):
        coerce("max_rl", "1", KNOWN)
    with pytest.raises(TweetsentError, match="'zzz'") as caught:
        coerce("zzz", "1", KNOWN)
    assert "did you mean" not in str(caught.value)


def test_all_notebooks_parameters_are_known_with_their_defaults(notebooks):
    assert known_parameters() == {
        "run_name": "quick",
        "seed": 0,
        "validation_share": 0.2,
        "show": True,
        "encoder": "tiny",
        "label_order": ["low", "high"],
        "max_lr": 0.1,
        "num_epochs": 2,
    }
    assert gather_parameters() == known_parameters()


def test_later_sources_outrank_earlier_ones(notebooks, tmp_path):
    file = tmp_path / "params.yaml"
    file.write_text("run_name: from_file\nseed: 1\nmax_lr: 3e-4\nnum_epochs: 5\n")
    found = gather_parameters(file, [("run_name", "from_p"), ("seed", "2"), ("max_lr", "1")], "from_run")
    assert found == known_parameters() | {"run_name": "from_run", "seed": 2, "max_lr": 1.0, "num_epochs": 5}
    assert gather_parameters(file, [("run_name", "from_p")], None)["run_name"] == "from_p"
    assert gather_parameters(file)["run_name"] == "from_file"
    assert gather_parameters(file)["max_lr"] == 3e-4


def test_empty_parameter_file_changes_nothing(notebooks, tmp_path):
    (tmp_path / "params.yaml").write_text("# nothing yet\n")
    assert gather_parameters(tmp_path / "params.yaml") == known_parameters()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("seed: [1", "does not hold YAML"),
        ("encoder: caf\u00e9", "does not hold YAML"),
        ("- a\n- b\n", "name: value"),
        ("just text", "name: value"),
        ("sed: 1", "did you mean 'seed'"),
        ("seed: many", "type int"),
        ("2020: x", "2020"),
        ("on: x", "no notebook declares"),
    ],
)
def test_bad_parameter_file_is_refused(notebooks, tmp_path, content, expected):
    (tmp_path / "params.yaml").write_text(content, encoding="ISO-8859-1")
    assert expected in refusal(tmp_path / "params.yaml")


def test_missing_parameter_file_is_told(notebooks, tmp_path):
    assert "nowhere.yaml" in refusal(tmp_path / "nowhere.yaml")
    assert "(Is a directory)" in refusal(tmp_path)


@pytest.mark.parametrize(("name", "value"), [("num_epochs", "-3"), ("batch_size", "0"), ("max_train_rows", "-1")])
def test_a_count_below_its_least_value_is_refused(name, value):
    with pytest.raises(TweetsentError, match=f"{name} is {value}: give a value between"):
        gather_parameters(overrides=[(name, value)])


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


def test_labels_that_are_numbers_become_names_and_no_order_is_allowed():
    known = {"label_order": ["low", "high"], "test_file": "x.csv", "train_file": "y.csv"}
    assert check_parameters({"label_order": [0, 1, 2]}, known) == {"label_order": ["0", "1", "2"]}
    assert check_parameters({"label_order": "[1, 0]"}, known) == {"label_order": ["1", "0"]}
    assert check_parameters({"label_order": [], "test_file": ""}, known) == {"label_order": [], "test_file": ""}
