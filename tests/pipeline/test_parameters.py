"""Parameters: each in the type of its default, from the place that comes last.

What is refused is in tests/robustness/test_bad_parameters.py.
"""

import pytest

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
        ("profile", "True", True),
        ("profile", True, True),
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
