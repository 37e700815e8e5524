"""Run folders: none is outside of the outputs, and what was run is on record."""

import json
import platform

import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_yaml
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.pipeline.parameters import default_parameters
from tweetsent_utils.pipeline.runs import RUN_FORMAT, find_run, open_run, run_folder

FIRST = {"run_name": "r", "seed": 7, "label_order": ["low", "high"]}
SECOND = {"run_name": "r", "max_lr": 3e-5, "num_epochs": 2}


@pytest.mark.parametrize("name", ["quick", "full-2020", "run_1.5", "3epochs"])
def test_a_run_has_its_folder_in_the_outputs(outputs, name):
    assert run_folder(name) == outputs / name


@pytest.mark.parametrize(("variable", "place"), [(None, "outputs"), ("", "outputs"), ("a", "a")])
def test_the_outputs_are_in_the_project_unless_the_variable_is_absolute(
    monkeypatch, variable, place
):
    monkeypatch.delenv("TWEETSENT_OUTPUTS")
    if variable is not None:
        monkeypatch.setenv("TWEETSENT_OUTPUTS", variable)
    assert run_folder("nowhere") == PROJECT_ROOT / place / "nowhere"


def test_an_absolute_run_folder_is_taken_as_it_is(outputs, tmp_path):
    assert run_folder(str(tmp_path / "elsewhere")) == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    "name",
    ["../x", "a/b", "", ".", "..", ".hidden", "a b", "a\\b", "a\n", "~", "reference"],
)
def test_a_name_that_leaves_the_outputs_is_refused(outputs, name):
    with pytest.raises(TweetsentError, match="run_name"):
        run_folder(name)


def test_each_notebook_records_what_it_declares_and_nothing_else(small_notebooks, outputs, capsys):
    folder = open_run("01_first", FIRST | {"secret": 1, "max_lr": 9})
    assert folder == outputs / "r"
    assert load_yaml(folder / "params.yaml") == FIRST
    open_run("02_second", SECOND | {"seed": 8})
    assert load_yaml(folder / "params.yaml") == FIRST | SECOND
    environment = json.loads((folder / "environment.json").read_text())
    assert environment["python"] == platform.python_version()
    assert capsys.readouterr().out == ""


def test_a_changed_parameter_is_printed_and_recorded(small_notebooks, capsys):
    open_run("01_first", FIRST)
    folder = open_run("01_first", FIRST | {"seed": 2})
    assert "seed was 7 in this run and is 2 now" in capsys.readouterr().out
    assert load_yaml(folder / "params.yaml")["seed"] == 2


def test_a_notebooks_values_are_not_held_to_defaults_of_others(
    outputs, tmp_path, small_notebooks, write_notebook
):
    source = 'run_name = "quick"\ntext_column = "OriginalTweet"'
    write_notebook(tmp_path / "notebooks" / "03_third.ipynb", source)
    values = {"run_name": "r", "text_column": "Sentiment"}  # the default of label_column
    assert load_yaml(open_run("03_third", values) / "params.yaml") == values


def test_a_run_may_be_opened_in_a_folder_with_notebooks_and_hidden_files(small_notebooks, outputs):
    (outputs / "r").mkdir(parents=True)
    (outputs / "r" / "01_first.ipynb").touch()
    (outputs / "r" / ".lock").touch()
    assert open_run("01_first", FIRST) == outputs / "r"


def test_a_notebook_is_kept_out_of_the_folder_of_an_ensemble(small_notebooks, outputs):
    folder = open_run("01_first", FIRST)
    before = (folder / "params.yaml").read_bytes()
    (folder / "ensemble.json").write_text("{}")
    with pytest.raises(TweetsentError, match="holds an ensemble of runs: choose"):
        open_run("01_first", FIRST | {"seed": 8})
    assert (folder / "params.yaml").read_bytes() == before


def test_a_notebook_names_those_to_run_first_and_leaves_nothing_until_they_were(outputs):
    steps = {
        "02_dataset_creation.ipynb and then 03_training.ipynb": "dataset",
        "run 03_training.ipynb with": "model",
    }
    values = default_parameters() | {"run_name": "r"}
    (outputs / "r").mkdir(parents=True)
    (outputs / "r" / "environment.json").write_text(json.dumps({"run_format": RUN_FORMAT}))
    for sentence, what_it_leaves in steps.items():
        with pytest.raises(TweetsentError, match=sentence):
            open_run("04_inference", values)
        assert not (outputs / "r" / "params.yaml").exists()
        (outputs / "r" / what_it_leaves).mkdir()
    assert open_run("04_inference", values) == find_run("r", "03_training") == outputs / "r"


@pytest.mark.parametrize("scores", [{}, {"validation": {}}, {"validation": {}, "test": {}}])
def test_the_test_scores_of_an_earlier_model_are_none(outputs, scores):
    folder = outputs / "r"
    for name in ("dataset", "model"):
        (folder / name).mkdir(parents=True)
    (folder / "environment.json").write_text(json.dumps({"run_format": RUN_FORMAT}))
    (folder / "metrics.json").write_text(json.dumps(scores))
    (folder / "predictions.csv").touch()
    if "test" in scores:
        assert find_run("r", "03_training", "04_inference") == folder
    else:
        with pytest.raises(TweetsentError, match="run 04_inference.ipynb with"):
            find_run("r", "03_training", "04_inference")


def test_a_parameter_that_an_older_copy_lacks_is_asked_for(small_notebooks):
    with pytest.raises(TweetsentError, match="lacks seed: add the line seed = 0"):
        open_run("01_first", {"run_name": "r", "label_order": []})
