"""The playground as a page: whose models it serves, and what it refuses."""

import json

import pytest
from transformers import BertConfig

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.pipeline import cli, exploring


@pytest.fixture
def started(monkeypatch):
    """What would have been started: the command line, and the environment."""
    found = {}
    monkeypatch.setattr(
        exploring,
        "run_until_stopped",
        lambda command, environment, farewell: found.update(
            command=command, environment=environment
        ),
    )
    return found


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """Runs that seem to have a model each."""
    classes = {"one": ["bad", "good"], "two": ["bad", "good"], "other": ["low", "high"]}
    for name, label_order in classes.items():
        config = BertConfig(id2label=dict(enumerate(label_order)))
        config.save_pretrained(tmp_path / "models" / name)
    monkeypatch.setattr(exploring, "find_model", lambda name: tmp_path / "models" / name)
    monkeypatch.setattr(exploring, "find_examples", lambda run: {})
    monkeypatch.setattr(exploring, "find_spec", lambda name: name)


def test_the_page_is_for_this_machine_alone_and_asks_the_runs_models(outputs, started, trained):
    options = ["explore", "--run", "one", "--run", "two", "--", "--no-browser"]
    assert cli.main(options) == 0
    assert "--Voila.ip=127.0.0.1" in started["command"]
    assert started["command"][-1] == "--no-browser"
    assert json.loads(started["environment"][exploring.RUNS_VARIABLE]) == ["one", "two"]


def test_no_other_page_in_the_browser_can_guess_the_address(outputs, started, trained):
    addresses = set()
    for _ in range(2):
        assert cli.main(["explore", "--run", "one"]) == 0
        (address,) = [part for part in started["command"] if part.startswith("--base_url=")]
        addresses.add(address)
    assert len(addresses) == 2
    assert cli.main(["explore", "--run", "one", "--", "--base_url=/mine/"]) == 0
    chosen = [part for part in started["command"] if part.startswith("--base_url=")]
    assert chosen == ["--base_url=/mine/"]
    assert all(len(address) > len("--base_url=/") + 20 for address in addresses)


@pytest.mark.parametrize("command", ["lab", "explore"])
def test_a_server_s_option_before_the_two_dashes_is_explained(outputs, command, capsys):
    with pytest.raises(SystemExit):
        cli.main([command, "--no-browser"])
    assert f"{command} -- --no-browser" in capsys.readouterr().err


def test_models_of_other_classes_are_not_put_side_by_side(outputs, started, trained, capsys):
    assert cli.main(["explore", "--run", "one", "--run", "other"]) == 1
    assert "'bad', 'good' and 'low', 'high'" in capsys.readouterr().err
    assert started == {}


def test_without_voila_a_sentence_says_what_to_install(outputs, trained, monkeypatch, capsys):
    monkeypatch.setattr(exploring, "find_spec", lambda name: None)
    assert cli.main(["explore", "--run", "one"]) == 1
    assert "requirements-explore.txt" in capsys.readouterr().err


def test_a_run_that_is_not_there_is_named(outputs, started, capsys):
    assert cli.main(["explore", "--run", "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err
    assert started == {}


def test_a_run_without_validation_predictions_is_refused_before_a_page_opens(
    started, trained, monkeypatch, tmp_path, capsys
):
    def find_examples(run):
        raise TweetsentError("validation_predictions.csv is not there yet: run 03")

    monkeypatch.setattr(exploring, "find_examples", find_examples)
    assert cli.main(["explore", "--run", "one"]) == 1
    assert "validation_predictions.csv" in capsys.readouterr().err
    assert started == {}
