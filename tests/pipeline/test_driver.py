"""The driver: a run goes on where it stopped, and no run is ever mixed with another."""

import json
import os
import re
import sys
from pathlib import PureWindowsPath

import nbformat
import pytest
from fake_runs import make_member
from filelock import FileLock
from papermill.exceptions import strip_color

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.pipeline import driver
from tweetsent_utils.pipeline.driver import run_all, run_pipeline
from tweetsent_utils.pipeline.parameters import default_parameters


def parameters(**changes):
    return default_parameters() | changes


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def printed(notebook):
    cells = nbformat.read(notebook, as_version=4).cells
    return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))


# --- which notebooks run, without kernels ---


def test_only_what_changed_and_what_builds_on_it_runs_again(small_notebooks, executed, capsys):
    def executed_now(start=None):
        executed.clear()
        run_pipeline(parameters(), start)
        return [entry.removeprefix("quick/") for entry in executed]

    assert executed_now() == ["01_first", "02_second"]
    capsys.readouterr()
    assert executed_now() == []
    assert "02_second: finished before, kept" in capsys.readouterr().out
    small_notebooks.write_second("'changed'")
    assert executed_now() == ["02_second"]
    small_notebooks.write_first("'changed'")
    assert executed_now() == ["01_first", "02_second"]
    assert executed_now(start="02") == ["02_second"]
    assert executed_now(start="01") == ["01_first", "02_second"]


def test_changed_parameters_are_refused_with_the_difference(executed):
    run_pipeline(parameters(seed=5, max_lr=0.25))
    executed.clear()
    with pytest.raises(
        TweetsentError, match=r"seed 5 -> 0; max_lr 0\.25 -> 0\.5\).*--run"
    ) as caught:
        run_pipeline(parameters(max_lr=0.5, device="cpu"))
    assert "num_epochs" not in str(caught.value)  # it did not change
    assert "device" not in str(caught.value)  # no notebook here declares it
    assert executed == []


def test_after_a_failure_the_same_run_goes_on_and_its_unfinished_part_may_change(executed, outputs):
    with pytest.raises(TweetsentError, match="diverged"):
        run_pipeline(parameters(max_lr=0.9))
    assert (outputs / "quick" / "01_first.ipynb").exists()
    assert not (outputs / "quick" / "02_second.ipynb").exists()
    with pytest.raises(TweetsentError, match="seed 0 -> 7"):
        run_pipeline(parameters(max_lr=0.25, seed=7))
    run_pipeline(parameters(max_lr=0.25))
    assert executed == ["quick/01_first", "quick/02_second", "quick/02_second"]


def test_a_notebook_that_fails_again_leaves_none_after_it_that_looks_finished(executed, outputs):
    run_pipeline(parameters())
    (outputs / "quick" / "params.yaml").unlink()
    with pytest.raises(TweetsentError, match="diverged"):
        run_pipeline(parameters(max_lr=0.9), start="01")
    assert not (outputs / "quick" / "02_second.ipynb").exists()


def test_a_folder_in_use_is_refused_and_left_alone(executed, outputs):
    (outputs / "quick").mkdir(parents=True)
    in_use = pytest.raises(TweetsentError, match="in use.*--run")
    with FileLock(outputs / "quick" / ".lock"), in_use:
        run_pipeline(parameters())
    assert executed == []
    run_pipeline(parameters())


@pytest.fixture
def trained(small_notebooks, executed, monkeypatch):
    """The folder of a run whose second notebook trains: while it does, it leaves checkpoints."""
    monkeypatch.setattr(driver, "TRAINING", "02_second")
    found = []

    def leave(folder):
        (folder / "checkpoint" / "step-00000001").mkdir(parents=True)
        (folder / "training.json").write_text("{}")
        found.append(folder)

    run_as_before = driver.execute

    def execute(notebook, target, values, *rest):
        run_as_before(notebook, target, values, *rest)
        if notebook.stem == "02_second":
            leave(target.parent)

    monkeypatch.setattr(driver, "execute", execute)
    run_pipeline(parameters())
    return found[-1]


def test_checkpoints_go_when_the_notebook_of_the_training_is_finished(trained):
    assert not (trained / "checkpoint").exists()
    assert (trained / "training.json").exists()


def test_checkpoints_that_a_kill_has_left_behind_go_at_the_next_start(trained):
    (trained / "checkpoint").mkdir()
    (trained / ".checkpoint.deleted").mkdir()
    run_pipeline(parameters())
    assert not list(trained.glob("*checkpoint*"))
    assert not list(trained.glob(".checkpoint*"))


def test_checkpoints_of_an_unfinished_training_stay_for_it(trained):
    (trained / "checkpoint").mkdir()
    (trained / "02_second.ipynb").unlink()
    begun = []

    def execute(notebook, target, values, *_):
        begun.append((trained / "checkpoint").exists())
        raise TweetsentError("it stopped again")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "execute", execute)
        with pytest.raises(TweetsentError, match="stopped again"):
            run_pipeline(parameters())
    assert begun == [True]
    assert (trained / "checkpoint").exists()


def test_a_finished_training_that_is_asked_to_run_again_begins_anew(trained, monkeypatch):
    begun = []

    def execute(notebook, target, values, *_):
        begun.append((trained / "training.json").exists())
        raise TweetsentError("enough")

    monkeypatch.setattr(driver, "execute", execute)
    with pytest.raises(TweetsentError, match="enough"):
        run_pipeline(parameters(), start="02")
    assert begun == [False]


# --- several runs, without kernels ---


def test_seeds_run_in_folders_of_their_own_and_are_compared(
    small_notebooks, executed, outputs, capsys
):
    small_notebooks.write_last()
    runs = ["quick-seed-5", "quick-seed-6", "quick-seed-7"]
    folders = run_all(parameters(), ["seed=5,6,7"])
    assert [folder.name for folder in folders] == [*runs, "quick-compared"]
    assert names(outputs) == ["quick-compared", *runs]
    each = [f"{run}/{step}" for run in runs for step in ("01_first", "02_second", "04_test")]
    assert executed == [*each, "quick-compared/06_compare"]
    assert (folders[-1] / "compare.txt").read_text().split() == runs
    assert "run 2 of 3: quick-seed-6" in capsys.readouterr().out

    executed.clear()
    run_all(parameters(), ["seed=5,6"])  # what is finished is kept, the comparison is not
    assert executed == ["quick-compared/06_compare"]
    assert (folders[-1] / "compare.txt").read_text().split() == runs[:2]


def test_a_sweep_over_settings_leaves_the_test_set_to_the_run_that_is_chosen(
    small_notebooks, executed, outputs
):
    small_notebooks.write_last()
    *folders, _ = run_all(parameters(run_name="a"), ["max_lr=3e-5,1e-4", "seed=0,1"])
    assert len(folders) == 4
    assert not any("04_test" in entry for entry in executed)
    executed.clear()
    chosen = "a-max_lr-3e-05-seed-1"
    run_pipeline(parameters(run_name=chosen, max_lr=3e-5, seed=1))
    assert executed == [f"{chosen}/04_test", f"{chosen}/06_compare"]


@pytest.mark.parametrize(
    ("sweep", "start", "choices"),
    [("max_lr=0.1,0.2", "04", "01, 02, 06"), ("seed=0,1", "05", "01, 02, 04, 06")],
)
def test_a_start_that_a_sweep_does_not_come_to_is_refused(
    small_notebooks, executed, sweep, start, choices
):
    small_notebooks.write_last()
    with pytest.raises(
        TweetsentError, match=f"--from {start} has no meaning .* runs {choices} only"
    ):
        run_all(parameters(), [sweep], start)
    assert executed == []
    run_all(parameters(), [sweep], "02")
    run_all(parameters(), [sweep], "06")
    assert executed[-1] == "quick-compared/06_compare"


def test_names_are_checked_before_the_first_run_of_a_sweep(small_notebooks, executed, outputs):
    small_notebooks.write_last()
    (outputs / "quick-seed-1").mkdir(parents=True)
    (outputs / "quick-seed-1" / "holiday.jpg").touch()
    with pytest.raises(TweetsentError, match=r"holds holiday\.jpg"):
        run_all(parameters(), ["seed=0,1"])
    assert executed == []


def test_a_run_that_fails_does_not_stop_the_others(small_notebooks, executed, outputs, capsys):
    small_notebooks.write_last()
    with pytest.raises(TweetsentError, match="1 of the 3 runs failed.*quick-compared"):
        run_all(parameters(), ["max_lr=0.1,0.9,0.2"])
    assert "error: 02_second stopped: the loss diverged" in capsys.readouterr().err
    compared = (outputs / "quick-compared" / "compare.txt").read_text()
    assert compared == "quick-max_lr-0.1 quick-max_lr-0.2"
    with pytest.raises(TweetsentError, match="none of the 2 runs"):
        run_all(parameters(), ["max_lr=0.8,0.9"])


# --- an ensemble of seeds, without kernels ---


@pytest.fixture
def members(small_notebooks, executed, monkeypatch):
    """A last notebook that scores the test set, and leaves what an ensemble is made of."""
    small_notebooks.write_last()
    run_as_before = driver.execute

    def execute(notebook, target, values, *rest):
        run_as_before(notebook, target, values, *rest)
        if notebook.stem == "04_test":
            make_member(target.parent, values["seed"])

    monkeypatch.setattr(driver, "execute", execute)
    return executed


def test_an_ensemble_is_made_after_its_members_and_again_in_no_time(members, outputs):
    folders = run_all(parameters(), ["seed=0,1"], ensemble=True)
    assert [folder.name for folder in folders[-2:]] == ["quick-compared", "quick-ensemble"]
    first = (outputs / "quick-ensemble" / "predictions.csv").read_bytes()
    assert members[-1] == "quick-compared/06_compare"

    members.clear()
    run_all(parameters(), ["seed=0,1"], ensemble=True)
    assert members == ["quick-compared/06_compare"]
    assert (outputs / "quick-ensemble" / "predictions.csv").read_bytes() == first

    members.clear()  # one more seed trains, and the rest is as it was
    run_all(parameters(), ["seed=0,1,2"], ensemble=True)
    assert "quick-seed-2/02_second" in members
    assert "quick-seed-1/02_second" not in members
    assert (outputs / "quick-ensemble" / "predictions.csv").read_bytes() != first


def test_finished_seeds_can_be_averaged_later(members, outputs):
    run_all(parameters(), ["seed=0,1"])
    assert not (outputs / "quick-ensemble").exists()
    members.clear()
    run_all(parameters(), ["seed=0,1"], ensemble=True)
    assert members == ["quick-compared/06_compare"]
    assert (outputs / "quick-ensemble" / "metrics.json").exists()


@pytest.mark.parametrize(
    ("changes", "sweeps", "message"),
    [
        ({}, [], "averages several seeds, and this is one: give --seeds 2"),
        ({}, ["seed=4"], "averages several seeds, and this is one: give --seeds 2"),
        ({}, ["max_lr=0.1,0.2"], "the seeds of one setting, and a sweep has several: choose"),
        ({}, ["max_lr=0.1", "seed=0,1"], "a sweep has several: choose"),
        ({"max_eval_rows": 64}, ["seed=0,1"], "max_eval_rows is 64.*set it to 0"),
    ],
)
def test_an_ensemble_that_cannot_be_made_is_refused_before_anything_runs(
    members, outputs, changes, sweeps, message
):
    with pytest.raises(TweetsentError, match=message):
        run_all(parameters(**changes), sweeps, ensemble=True)
    assert members == []
    assert not outputs.exists()


def test_a_run_and_an_ensemble_never_share_a_folder(members, outputs):
    run_pipeline(parameters(run_name="quick-ensemble"))
    members.clear()
    with pytest.raises(TweetsentError, match="quick-ensemble.* holds a run: name this one"):
        run_all(parameters(), ["seed=0,1"], ensemble=True)
    assert members == []

    run_all(parameters(run_name="other"), ["seed=0,1"], ensemble=True)
    members.clear()
    with pytest.raises(TweetsentError, match="other-ensemble holds an ensemble of runs: choose"):
        run_pipeline(parameters(run_name="other-ensemble"))
    assert members == []
    assert not list((outputs / "other-ensemble").glob("*.ipynb"))


def test_there_is_no_ensemble_of_fewer_members_than_were_asked_for(members, outputs, monkeypatch):
    run_as_before = driver.execute

    def fail_once(notebook, target, values, *rest):
        if notebook.stem == "02_second" and values["seed"] == 1 and not (outputs / "ok").exists():
            raise TweetsentError("02_second stopped: the disk was full")
        run_as_before(notebook, target, values, *rest)

    monkeypatch.setattr(driver, "execute", fail_once)
    with pytest.raises(TweetsentError, match="1 of the 2 runs failed.*ensemble is made when all"):
        run_all(parameters(), ["seed=0,1"], ensemble=True)
    assert not (outputs / "quick-ensemble").exists()

    (outputs / "ok").touch()  # the same command goes on
    members.clear()
    run_all(parameters(), ["seed=0,1"], ensemble=True)
    assert "quick-seed-0/02_second" not in members
    assert (outputs / "quick-ensemble" / "metrics.json").exists()


def test_an_ensemble_that_another_command_is_writing_is_left_alone(members, outputs):
    (outputs / "quick-ensemble").mkdir(parents=True)
    in_use = pytest.raises(TweetsentError, match="quick-ensemble is in use")
    with FileLock(outputs / "quick-ensemble" / ".lock"), in_use:
        run_all(parameters(), ["seed=0,1"], ensemble=True)
    run_all(parameters(), ["seed=0,1"], ensemble=True)


# --- kernels ---


@pytest.mark.slow
def test_kernels_get_the_parameters_and_a_finished_run_starts_none(small_notebooks, outputs, capfd):
    changed = parameters(seed=7, max_lr=3e-5, label_order=["a", "b"])
    folder = run_pipeline(changed)
    assert folder == outputs / "quick"
    assert printed(folder / "01_first.ipynb") == "7 ['a', 'b']\n"
    assert printed(folder / "02_second.ipynb") == "3e-05\n"
    assert not list(folder.glob("*.partial.ipynb"))
    durations = json.loads((folder / "timings.json").read_text())["notebooks"]
    assert list(durations) == ["01_first", "02_second"]
    shown, complaints = capfd.readouterr()
    assert "01_first: done in" in shown
    assert complaints == ""

    made = (folder / "02_second.ipynb").stat().st_mtime_ns
    run_pipeline(changed)
    assert (folder / "02_second.ipynb").stat().st_mtime_ns == made


@pytest.mark.slow
def test_a_notebook_that_fails_keeps_its_partial_copy_until_it_succeeds(small_notebooks, outputs):
    repaired = outputs / "repaired"
    condition = f"import pathlib\nif not pathlib.Path({str(repaired)!r}).exists():"
    small_notebooks.write_second("print('begun')", f"{condition}\n    raise ValueError('no such')")
    folder = outputs / "quick"
    with pytest.raises(TweetsentError) as caught:
        run_pipeline(parameters())
    message = str(caught.value)
    assert message.startswith("02_second stopped in code cell 4: ValueError: no such\n")
    assert str(folder / "02_second.partial.ipynb") in message
    notebooks = sorted(path.name for path in folder.glob("*.ipynb"))
    assert notebooks == ["01_first.ipynb", "02_second.partial.ipynb"]
    assert "begun" in printed(folder / "02_second.partial.ipynb")

    repaired.touch()
    run_pipeline(parameters())
    notebooks = sorted(path.name for path in folder.glob("*.ipynb"))
    assert notebooks == ["01_first.ipynb", "02_second.ipynb"]


@pytest.mark.slow
def test_an_error_of_ours_keeps_its_own_words_and_frees_the_folder(small_notebooks, outputs):
    error = "from tweetsent_utils.errors import TweetsentError\nraise TweetsentError('a bad file')"
    small_notebooks.write_first(error)
    with pytest.raises(TweetsentError, match="01_first stopped in code cell 3: a bad file\n"):
        run_pipeline(parameters())
    partial = nbformat.read(outputs / "quick" / "01_first.partial.ipynb", as_version=4)
    (shown,) = [output for cell in partial.cells for output in cell.get("outputs", [])]
    assert (shown.ename, shown.evalue) == ("TweetsentError", "a bad file")
    assert [strip_color(line) for line in shown.traceback] == ["TweetsentError: a bad file"]
    with FileLock(outputs / "quick" / ".lock", timeout=0) as lock:
        assert lock.is_locked


@pytest.mark.slow
def test_a_kernel_that_dies_is_reported_like_any_other_failure(small_notebooks, outputs):
    small_notebooks.write_first("import os\nos._exit(9)")
    with pytest.raises(TweetsentError, match="01_first stopped: its kernel died"):
        run_pipeline(parameters())
    assert not (outputs / "quick" / "01_first.ipynb").exists()


@pytest.mark.slow
def test_a_kernel_that_does_not_start_is_reported(small_notebooks, tmp_path, monkeypatch):
    kernel = tmp_path / "jupyter" / "kernels" / "broken" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    argv = [sys.executable, "-c", "raise SystemExit(1)"]
    kernel.write_text(json.dumps({"argv": argv, "display_name": "broken", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    first = small_notebooks.folder / "01_first.ipynb"
    notebook = nbformat.read(first, as_version=4)
    notebook.metadata.kernelspec.name = "broken"
    nbformat.write(notebook, first)
    with pytest.raises(TweetsentError, match="cannot run, as no kernel starts .Kernel died"):
        run_pipeline(parameters())


def test_a_kernel_has_minutes_to_start_on_a_busy_machine(small_notebooks, monkeypatch, tmp_path):
    given = {}

    def execute_notebook(notebook, target, values, **options):
        given.update(options)
        raise RuntimeError("enough seen")

    monkeypatch.setattr(driver.papermill, "execute_notebook", execute_notebook)
    with pytest.raises(TweetsentError, match="enough seen"):
        run_pipeline(parameters())
    assert given["start_timeout"] >= 300  # papermill's own is 60
    assert given["iopub_timeout"] >= 60  # and 4


@pytest.mark.slow
def test_an_error_without_words_is_told_by_its_line(small_notebooks):
    small_notebooks.write_first("rows = 3", "def check():\n    assert rows > 5\n\ncheck()")
    told = r"01_first stopped in code cell 4: AssertionError: at `assert rows > 5`\n"
    with pytest.raises(TweetsentError, match=told):
        run_pipeline(parameters())


@pytest.mark.slow
def test_notes_reach_the_terminal_once_and_what_cells_print_does_not(small_notebooks, capfd):
    say = "from tweetsent_utils.errors import note\nnote('x.csv is read as cp1252 \\x1b[2J')"
    small_notebooks.write_first("print('a lesson')", say)
    small_notebooks.write_second(say, "note('going on')\nnote('going on')")
    folder = run_pipeline(parameters())
    shown = capfd.readouterr().out
    assert shown.count("01_first: x.csv is read as cp1252 \\x1b[2J\n") == 1
    assert shown.count("x.csv") == 1
    assert shown.count("02_second: going on\n") == 1
    assert "a lesson" not in shown
    assert "x.csv is read as cp1252" in printed(folder / "02_second.ipynb")


@pytest.mark.slow
def test_the_command_and_every_kernel_mean_the_same_relative_outputs(
    small_notebooks, tmp_path, monkeypatch
):
    if tmp_path.drive != PROJECT_ROOT.drive:
        pytest.skip("no relative path leads to another drive")
    monkeypatch.setenv("TWEETSENT_OUTPUTS", os.path.relpath(tmp_path / "{runs}", PROJECT_ROOT))
    where = "from tweetsent_utils.paths import outputs_root\nprint(outputs_root().resolve())"
    small_notebooks.write_first(where)
    monkeypatch.chdir(tmp_path)
    folder = run_pipeline(parameters())
    assert folder.resolve() == (tmp_path / "{runs}" / "quick").resolve()
    shown = printed(folder / "01_first.ipynb").strip()
    assert shown == str((tmp_path / "{runs}").resolve())


def test_links_of_an_executed_notebook_lead_on_from_its_copy(small_notebooks, tmp_path):
    folder = tmp_path / "else where" / "run"
    text = "[a](../READ%20ME.md#top) [b](01_first.ipynb) [c](deeper/x.ipynb) [d](https://e.f)"
    cells = [
        {"cell_type": "markdown", "source": [text]},
        {"cell_type": "code", "source": ["'](../x'"]},
    ]
    driver.redirect_links({"cells": cells}, tmp_path / "notebooks", folder)
    links = re.findall(r"\]\((.+?)\)", cells[0]["source"])
    deeper = "../../notebooks/deeper/x.ipynb"
    assert links == ["../../READ%20ME.md#top", "01_first.ipynb", deeper, "https://e.f"]
    assert cells[1]["source"] == ["'](../x'"]


def test_the_way_to_a_file_is_written_with_slashes_on_windows_too(monkeypatch, tmp_path):
    monkeypatch.setattr(driver.os.path, "relpath", lambda *_: "..\\else where\\a.md")
    monkeypatch.setattr(driver, "Path", PureWindowsPath)
    assert driver.way_to(tmp_path / "a.md", tmp_path) == "../else%20where/a.md"


def test_links_lead_to_a_project_on_another_drive(monkeypatch, tmp_path):
    def refuse(*_):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(driver.os.path, "relpath", refuse)
    target = tmp_path / "my project" / "README.md"
    assert driver.way_to(target, tmp_path) == target.resolve().as_uri()
