"""The driver: wrong parameters stop before anything runs, and a run goes on where it stopped."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
import yaml
from filelock import FileLock

from tweetsent_utils import __main__ as command
from tweetsent_utils import parameters
from tweetsent_utils.driver import run
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.parameters import gather_parameters

FIRST_PARAMETERS = """run_name = "quick"
seed = 0
validation_share = 0.2
show = True
encoder = "tiny"
label_order = ["low", "high"]"""
SECOND_PARAMETERS = 'run_name = "quick"\nmax_lr = 0.1\nnum_epochs = 2'
OPEN = """import os
from pathlib import Path
run = Path(os.environ["TWEETSENT_OUTPUTS"]) / run_name
def trace(line):
    with open(run / "trace.txt", "a") as file:
        print(line, file=file)
    print(line)"""
METRICS = """import json
scores = {"accuracy": 0.2, "macro_f1": 0.1}
metrics = {"test": {"accuracy": 0.75, "rows": 1234}, "baselines": {"majority": scores, "bag_of_words": scores}}
(run / "metrics.json").write_text(json.dumps(metrics));"""


class Notebooks:
    """Two small notebooks in place of the project's."""

    def __init__(self, folder: Path, write: Callable[..., Path]) -> None:
        self.folder, self.write = folder, write

    def write_first(self, *code: str) -> None:
        lines = code or ('trace(f"first {seed}")',)
        self.write(self.folder / "01_first.ipynb", FIRST_PARAMETERS, OPEN, *lines)

    def write_second(self, *extra: str) -> None:
        lines = ('trace(f"second {max_lr}")', *extra, METRICS)
        self.write(self.folder / "02_second.ipynb", SECOND_PARAMETERS, OPEN, *lines)


@pytest.fixture
def notebooks(tmp_path, monkeypatch, write_notebook) -> Notebooks:
    """The two notebooks, and an empty outputs folder."""
    found = Notebooks(tmp_path / "notebooks", write_notebook)
    found.write_first()
    found.write_second()
    monkeypatch.setattr(parameters, "NOTEBOOKS", found.folder)
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path / "outputs"))
    return found


@pytest.fixture
def outputs(notebooks, tmp_path) -> Path:
    return tmp_path / "outputs"


def main(*arguments: str) -> int:
    return command.main(["run", *arguments])


def traces(folder: Path) -> list[str]:
    return (folder / "trace.txt").read_text().splitlines()


def printed(notebook: Path) -> str:
    cells = nbformat.read(notebook, as_version=4).cells
    return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))


def test_wrong_override_is_refused_before_anything_runs(outputs, capsys):
    assert main("-p", "max_rl", "1") == 1
    assert main("-p", "seed", "x") == 1
    assert main("--run", "../elsewhere") == 1
    said = capsys.readouterr()
    assert [line.split(":")[0] for line in said.err.splitlines()] == ["error"] * 3
    assert "did you mean 'max_lr'" in said.err
    assert said.out == ""
    assert not outputs.exists()


def test_changed_parameters_are_refused_with_the_difference(outputs):
    run(gather_parameters() | {"seed": 5, "max_lr": 0.25})
    (outputs / "quick" / "params.yaml").write_text(yaml.safe_dump(gather_parameters() | {"seed": 5, "max_lr": 0.25}))
    with pytest.raises(TweetsentError) as caught:
        run(gather_parameters())
    message = str(caught.value)
    assert "seed 5 -> 0" in message
    assert "max_lr 0.25 -> 0.1" in message
    assert "--run" in message
    assert "num_epochs" not in message


def test_what_no_finished_notebook_was_made_with_may_change(notebooks, outputs):
    notebooks.write_second("1 / 0")
    with pytest.raises(TweetsentError, match="02_second stopped"):
        run(gather_parameters() | {"max_lr": 0.25})
    (outputs / "quick" / "params.yaml").write_text(yaml.safe_dump(gather_parameters() | {"max_lr": 0.25}))
    notebooks.write_second()
    run(gather_parameters())  # only 01 is finished, and it has no max_lr
    assert (outputs / "quick" / "trace.txt").read_text().splitlines()[-1] == "second 0.1"
    with pytest.raises(TweetsentError, match="seed"):
        run(gather_parameters() | {"seed": 7})


def test_folder_in_use_is_refused(outputs):
    (outputs / "quick").mkdir(parents=True)
    with FileLock(outputs / "quick" / ".lock"), pytest.raises(TweetsentError, match="in use.*--run"):
        run(gather_parameters(), None)
    assert not list((outputs / "quick").glob("*.ipynb"))


@pytest.mark.parametrize("start", ["07", "1", "", "first"])
def test_unknown_start_is_refused_with_those_there_are(notebooks, outputs, start, capsys):
    with pytest.raises(SystemExit) as caught:
        main("--from", start)
    assert caught.value.code == 2
    assert "choose from '01', '02'" in capsys.readouterr().err.replace("01, 02", "'01', '02'")
    assert not outputs.exists()


def test_run_again_skips_what_is_finished_and_repeats_what_changed_or_is_asked_for(notebooks, outputs, capfd):
    folder = outputs / "a"
    assert main("--run", "a", "-p", "seed", "7", "-p", "max_lr", "3e-4") == 0
    assert traces(folder) == ["first 7", "second 0.0003"]
    assert printed(folder / "01_first.ipynb") == "first 7\n"
    assert printed(folder / "02_second.ipynb") == "second 0.0003\n"
    assert not list(folder.glob("*.partial.ipynb"))
    assert set(json.loads((folder / "seconds.json").read_text())) == {"01_first", "02_second"}
    said, complained = capfd.readouterr()
    assert complained == ""
    assert "01_first: done in" in said
    assert "0.750 on 1,234 tweets" in said
    assert str(folder / "model") in said

    again = ("--run", "a", "-p", "seed", "7", "-p", "max_lr", "3e-4")
    assert main(*again) == 0
    assert len(traces(folder)) == 2
    assert "02_second: finished before, kept" in capfd.readouterr().out

    notebooks.write_second("'changed'")
    assert main(*again) == 0
    assert traces(folder)[2:] == ["second 0.0003"]

    notebooks.write_first('trace(f"first {seed}"); "changed"')
    assert main(*again) == 0
    assert traces(folder)[3:] == ["first 7", "second 0.0003"]

    assert main(*again, "--from", "02") == 0
    assert traces(folder)[5:] == ["second 0.0003"]


def test_failed_notebook_is_told_and_the_same_command_goes_on_from_it(notebooks, outputs, capsys):
    folder = outputs / "quick"
    notebooks.write_second('if not (run.parent / "mended").exists(): raise ValueError("no such thing")')
    assert main() == 1
    message = capsys.readouterr().err
    assert message.startswith("error: 02_second stopped in code cell")
    assert "ValueError: no such thing" in message
    assert "Traceback" not in message
    assert str(folder / "02_second.partial.ipynb") in message
    assert sorted(path.name for path in folder.glob("*.ipynb")) == ["01_first.ipynb", "02_second.partial.ipynb"]
    assert "second 0.1" in printed(folder / "02_second.partial.ipynb")

    (outputs / "mended").touch()
    assert main() == 0
    assert traces(folder) == ["first 0", "second 0.1", "second 0.1"]
    assert sorted(path.name for path in folder.glob("*.ipynb")) == ["01_first.ipynb", "02_second.ipynb"]


def test_failure_of_our_own_is_told_in_its_own_words_and_frees_the_lock(notebooks, outputs, capsys):
    raising = "from tweetsent_utils.errors import TweetsentError\nraise TweetsentError('run 02 first')"
    notebooks.write_first(raising)
    assert main() == 1
    message = capsys.readouterr().err
    assert "01_first stopped" in message
    assert ": run 02 first\n" in message
    assert "TweetsentError" not in message
    with FileLock(outputs / "quick" / ".lock", timeout=0) as lock:
        assert lock.is_locked


def test_kernel_that_dies_is_told_like_any_other_failure(notebooks, outputs, capsys):
    notebooks.write_first("os._exit(9)")
    assert main() == 1
    message = capsys.readouterr().err
    assert message.startswith("error: 01_first")
    assert not (outputs / "quick" / "01_first.ipynb").exists()


@pytest.fixture
def whole_pipeline(notebooks) -> Notebooks:
    """Two notebooks more: the one that scores the test set, and the one that compares runs."""
    notebooks.write_second("if max_lr > 0.5: raise ValueError('diverged')")
    notebooks.write(notebooks.folder / "04_test.ipynb", 'run_name = "quick"', OPEN, 'trace("test")')
    compare = '(run / "compare.txt").write_text(f"the table of {len(runs)} runs"); trace(" ".join(runs))'
    notebooks.write(notebooks.folder / "06_compare.ipynb", 'run_name = "quick"\nruns = ["quick"]', OPEN, compare)
    return notebooks


def test_seeds_run_in_folders_of_their_own_and_are_compared_once(whole_pipeline, outputs, capsys):
    assert main("--seeds", "3", "-p", "seed", "5") == 0
    names = ["quick-seed-5", "quick-seed-6", "quick-seed-7"]
    assert sorted(path.name for path in outputs.iterdir()) == ["quick-compared", *names]
    for number, name in enumerate(names):
        assert traces(outputs / name) == [f"first {5 + number}", "second 0.1", "test"]
    assert traces(outputs / "quick-compared") == [" ".join(names)]
    said = capsys.readouterr().out
    assert "run 2 of 3: quick-seed-6" in said
    assert said.endswith("the table of 3 runs\n")

    assert main("--seeds", "2", "-p", "seed", "5") == 0  # what is finished is kept, and compared anew
    assert len(traces(outputs / "quick-seed-5")) == 3
    assert traces(outputs / "quick-compared")[1:] == [" ".join(names[:2])]


def test_a_sweep_makes_a_run_for_each_combination_and_leaves_the_test_set_alone(whole_pipeline, outputs):
    assert main("--run", "a", "--sweep", "max_lr=3e-5,1e-4", "--sweep", "num_epochs=1,2") == 0
    names = [f"a-max_lr-{rate}-num_epochs-{epochs}" for rate in ("3e-05", "0.0001") for epochs in (1, 2)]
    assert sorted(path.name for path in outputs.iterdir()) == sorted(["a-compared", *names])
    assert traces(outputs / names[0]) == ["first 0", "second 3e-05"]
    assert not list(outputs.glob("*/04_test.ipynb"))
    assert main("--run", names[0], "-p", "max_lr", "3e-5", "-p", "num_epochs", "1", "--from", "06") == 0
    assert traces(outputs / names[0])[2] == "test"  # the chosen run goes on to the test set


def test_a_run_that_fails_does_not_stop_the_others(whole_pipeline, outputs, capsys):
    assert main("--sweep", "max_lr=0.1,0.9,0.2") == 1
    told = capsys.readouterr().err
    assert "error: 02_second stopped in code cell 5: ValueError: diverged" in told
    assert "error: 1 of the 3 runs failed, as is said above: mend them and run it again (the others are com" in told
    assert traces(outputs / "quick-compared") == ["quick-max_lr-0.1 quick-max_lr-0.2"]
    assert main("--sweep", "max_lr=0.8,0.9") == 1
    assert "error: none of the 2 runs came to its end" in capsys.readouterr().err


@pytest.mark.parametrize("sweep", ["max_lr", "max_lr=", "run_name=a,b", "max_rl=1,2", "max_lr=0.1,x"])
def test_a_sweep_that_cannot_be_made_is_refused_before_anything_runs(whole_pipeline, outputs, sweep, capsys):
    assert main("--sweep", sweep) == 1
    assert re.match(
        "error: (the sweep .* cannot be made: give NAME=VALUE|no notebook|max_lr is)", capsys.readouterr().err
    )
    assert main("--sweep", "seed=1,2", "--seeds", "2") == 1
    assert main("--seeds", "0") == 1
    assert not outputs.exists()


def test_interrupt_is_told_and_gives_130(notebooks, monkeypatch, capsys):
    def interrupted(*_: object) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run_all", interrupted)
    assert main() == 130
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["fly"], ["run", "-p", "seed"], ["run", "extra"]])
def test_unknown_command_lines_get_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        command.main(arguments)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err
