"""The command line: what it hands on, what it prints, its exit codes, and where it may be run."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fake_runs import make_member

from tweetsent_utils.errors import Stopped, TweetsentError
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.pipeline import cli
from tweetsent_utils.pipeline.parameters import default_parameters
from tweetsent_utils.pipeline.runs import RUN_FORMAT


def run(*arguments: str) -> int:
    return cli.main(["run", *arguments])


@pytest.fixture
def handed_on(small_notebooks, monkeypatch, tmp_path) -> dict:
    """What the command hands on to the driver, which runs nothing here and returns `folders`."""
    found = {"folders": [tmp_path]}
    scores = {"accuracy": 0.25}
    metrics = {"test": {"accuracy": 0.75, "rows": 1234}, "baselines": {"majority": scores}}
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    (tmp_path / "dataset").mkdir()
    meta = {"share_cut": 0.125, "max_length": 64}
    (tmp_path / "dataset" / "meta.json").write_text(json.dumps(meta))

    def run_all(parameters, sweeps, start, ensemble):
        found.update(parameters=parameters, sweeps=sweeps, start=start, ensemble=ensemble)
        return found["folders"]

    monkeypatch.setattr(cli, "run_all", run_all)
    return found


def test_a_run_gets_its_parameters_and_ends_with_its_score_next_to_the_baseline(
    handed_on, tmp_path, capsys
):
    (tmp_path / "mine.yaml").write_text("seed: 1\nmax_lr: 3e-4\nnum_epochs: 5\n")
    file = str(tmp_path / "mine.yaml")
    assert run("-f", file, "-p", "seed", "2", "-p", "max_lr", "1", "--run", "a") == 0
    changes = {"run_name": "a", "seed": 2, "max_lr": 1.0, "num_epochs": 5}
    assert handed_on["parameters"] == default_parameters() | changes
    assert handed_on["sweeps"] == []
    assert handed_on["start"] is None
    assert not handed_on["ensemble"]
    shown = capsys.readouterr().out
    assert "0.750 on 1,234 texts (majority 0.250)" in shown
    assert "12.5% of the training texts, at 64 tokens" in shown
    assert str(tmp_path / "model") in shown


def test_several_runs_are_handed_on_and_end_with_their_comparison(handed_on, tmp_path, capsys):
    handed_on["folders"] = [tmp_path / "a", tmp_path / "b", tmp_path]
    (tmp_path / "compare.txt").write_text("the table")
    sweep = ("--sweep", "max_lr=0.1,0.2", "--sweep", "batch_size=8,16")
    assert run(*sweep, "--seeds", "3", "-p", "seed", "5", "--from", "02") == 0
    assert handed_on["sweeps"] == ["max_lr=0.1,0.2", "batch_size=8,16", "seed=5,6,7"]
    assert handed_on["start"] == "02"
    assert capsys.readouterr().out == "the table\n"


def test_an_ensemble_ends_with_the_comparison_of_its_members_and_with_its_gain(
    handed_on, tmp_path, capsys
):
    handed_on["folders"] = [tmp_path / "a", tmp_path / "b", tmp_path, tmp_path]
    (tmp_path / "compare.txt").write_text("the table\n")
    (tmp_path / "ensemble.txt").write_text("the gain ± 0.1\n", encoding="utf-8")
    assert run("--seeds", "2", "--ensemble") == 0
    assert handed_on["ensemble"]
    assert capsys.readouterr().out == "the table\n\nthe gain ± 0.1\n"


def test_an_ensemble_has_no_report_and_the_command_says_where_to_look(outputs, capsys):
    folder = make_member(outputs / "quick-ensemble")
    (folder / "ensemble.json").write_text("{}")
    (folder / "environment.json").write_text(json.dumps({"run_format": RUN_FORMAT}))
    assert cli.main(["report", "--run", "quick-ensemble"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: quick-ensemble is an ensemble")
    assert str(folder / "ensemble.txt") in error


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_text("{half")])
def test_a_run_whose_scores_were_lost_is_an_error_and_no_traceback(
    handed_on, tmp_path, damage, capsys
):
    damage(tmp_path / "metrics.json")
    assert run() == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "metrics.json" in error


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("-p", "max_rl", "1"), "did you mean 'max_lr'"),
        (("-p", "seed", "x"), "seed is 'x'"),
        (("-f", "nowhere.yaml"), "nowhere.yaml"),
        (("--run", "../elsewhere"), "run_name is '../elsewhere'"),
        (("--run", ""), "run_name is ''"),
        (("--sweep", "max_lr=0.1,x"), "max_lr is 'x'"),
        (("--sweep", "seed=1,2", "--seeds", "2"), "the sweep seed=0,1 cannot be made"),
        (("--ensemble",), "give --seeds 2 or more"),
        (("--ensemble", "--seeds", "2", "--sweep", "max_lr=0.1,0.2"), "a sweep has several"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_runs(
    executed, outputs, arguments, reason, capsys
):
    assert run(*arguments) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith("error: ")
    assert reason in shown.err
    assert len(shown.err.splitlines()) == 1
    assert shown.out == ""
    assert not outputs.exists()
    assert executed == []


@pytest.mark.parametrize(
    "arguments",
    [[], ["fly"], ["run", "-p", "seed"], ["run", "extra"], ["run", "--from", "07"]],
)
def test_an_unknown_command_line_gets_the_usage(small_notebooks, arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (KeyboardInterrupt(), 130, "the same command goes on"),
        (
            Stopped("03_training: stopped after step 6"),
            130,
            "\n03_training: stopped after step 6\n",
        ),
        (TweetsentError("01_first stopped: why"), 1, "error: 01_first stopped: why\n"),
    ],
)
def test_an_interrupt_and_a_failure_have_their_exit_codes(
    small_notebooks, monkeypatch, error, code, shown, capsys
):
    def run_all(*_):
        raise error

    monkeypatch.setattr(cli, "run_all", run_all)
    assert run() == code
    assert shown in capsys.readouterr().err


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_between_two_notebooks_ends_the_command_with_its_exit_code(
    small_notebooks, monkeypatch, name, capsys
):
    if not hasattr(signal, name):
        pytest.skip(f"there is no {name} on this system")
    number = getattr(signal, name)
    before = signal.getsignal(number)
    monkeypatch.setattr(cli, "run_all", lambda *_: signal.raise_signal(number))
    assert run() == 128 + number
    assert "the same command goes on" in capsys.readouterr().err
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("count", ["0", "-1", "1001", "many"])
def test_a_number_of_seeds_that_makes_no_sense_gets_the_usage(small_notebooks, count, capsys):
    with pytest.raises(SystemExit):
        run("--seeds", count)
    assert "usage" in capsys.readouterr().err


@pytest.mark.slow
def test_outside_of_a_checkout_the_command_says_so(tmp_path):
    package = shutil.copytree(PROJECT_ROOT / "tweetsent_utils", tmp_path / "tweetsent_utils")
    command = [sys.executable, "-m", package.name, "run"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: there are no notebooks in")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.slow
def test_the_command_starts_without_the_libraries_that_take_seconds():
    heavy = ("torch", "transformers", "matplotlib", "sklearn", "pandas")
    module = "tweetsent_utils.pipeline.cli"
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.stdout == "[]\n"
