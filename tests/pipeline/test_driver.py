"""The driver: a run goes on where it stopped, and no run is ever mixed with another."""

import json
from pathlib import Path, PureWindowsPath

import nbformat
import pytest
from filelock import FileLock

from tweetsent_utils.errors import TweetsentError
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


def test_a_run_that_fails_does_not_stop_the_others(small_notebooks, executed, outputs, capsys):
    small_notebooks.write_last()
    with pytest.raises(TweetsentError, match="1 of the 3 runs failed.*quick-compared"):
        run_all(parameters(), ["max_lr=0.1,0.9,0.2"])
    assert "error: 02_second stopped: the loss diverged" in capsys.readouterr().err
    compared = (outputs / "quick-compared" / "compare.txt").read_text()
    assert compared == "quick-max_lr-0.1 quick-max_lr-0.2"
    with pytest.raises(TweetsentError, match="none of the 2 runs"):
        run_all(parameters(), ["max_lr=0.8,0.9"])


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
    with FileLock(outputs / "quick" / ".lock", timeout=0) as lock:
        assert lock.is_locked


@pytest.mark.slow
def test_a_kernel_that_dies_is_reported_like_any_other_failure(small_notebooks, outputs):
    small_notebooks.write_first("import os\nos._exit(9)")
    with pytest.raises(TweetsentError, match="01_first stopped: its kernel died"):
        run_pipeline(parameters())
    assert not (outputs / "quick" / "01_first.ipynb").exists()


@pytest.mark.parametrize("way", ["../../elsewhere", "..\\..\\elsewhere"])
def test_links_of_an_executed_notebook_lead_to_the_project_on_every_system(monkeypatch, way):
    monkeypatch.setattr(driver.os.path, "relpath", lambda *_: way)
    monkeypatch.setattr(driver, "Path", PureWindowsPath)
    cells = [
        {"cell_type": "markdown", "source": ["[a](../README.md) and [b](02_b.ipynb)"]},
        {"cell_type": "code", "source": ["'](../x'"]},
    ]
    driver.redirect_links({"cells": cells}, Path("outputs/run"))
    assert cells[0]["source"] == "[a](../../elsewhere/README.md) and [b](02_b.ipynb)"
    assert cells[1]["source"] == ["'](../x'"]
