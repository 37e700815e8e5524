"""The pipeline: papermill over the numbered notebooks, in order, into one run folder."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import papermill
from filelock import FileLock, Timeout
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from tweetsent_utils.errors import TweetsentError, user_error
from tweetsent_utils.files import load_json, load_yaml, save_json, write_errors
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.pipeline.monitor import Monitor
from tweetsent_utils.pipeline.notebooks import code_of, declared_parameters, list_notebooks
from tweetsent_utils.pipeline.runs import (
    delete_checkpoints,
    forget_training,
    note_timings,
    run_folder,
    save_environment,
)
from tweetsent_utils.pipeline.sweeps import expand_sweeps

TRAINING = "03_training"
FIRST_ON_TEST = "04"  # the notebook that scores the test set


def run_all(
    parameters: dict[str, Any],
    sweeps: Sequence[str] = (),
    start: str | None = None,
) -> list[Path]:
    """Run the pipeline once, or once per combination of swept values and then compare the runs.

    Settings are chosen on validation, so a sweep over more than seeds leaves the test set alone. A
    run that fails does not stop the others. Returns the folders of the runs and, after more than
    one, that of the comparison, `<run_name>-compared`.
    """
    runs = expand_sweeps(parameters, sweeps)
    if len(runs) == 1:
        return [run_pipeline(runs[0], start)]
    *steps, comparison = list_notebooks()
    if not all(sweep.startswith("seed=") for sweep in sweeps):
        steps = [path for path in steps if path.name < FIRST_ON_TEST]
    finished = run_each(runs, steps, start)
    if not finished:
        what = f"none of the {len(runs)} runs came to its end"
        raise TweetsentError(f"{what}: fix what is said above and run it again")
    folder = compare_runs(parameters, list(finished), comparison)
    failed = len(runs) - len(finished)
    if failed:
        what = f"{failed} of the {len(runs)} runs failed, as is said above"
        remedy = f"fix them and run it again (the others are compared in {folder})"
        raise TweetsentError(f"{what}: {remedy}")
    return [*finished.values(), folder]


def run_each(
    runs: Sequence[dict[str, Any]],
    steps: Sequence[Path],
    start: str | None,
) -> dict[str, Path]:
    """Run several runs one after the other; return the folders of those that did not fail."""
    finished = {}
    for number, parameters in enumerate(runs, start=1):
        name = parameters["run_name"]
        print(f"run {number} of {len(runs)}: {name}", flush=True)
        try:
            finished[name] = run_pipeline(parameters, start, steps)
        except TweetsentError as error:
            print(f"error: {error}", file=sys.stderr)
    return finished


def compare_runs(parameters: dict[str, Any], names: list[str], comparison: Path) -> Path:
    """Run the notebook that compares runs on some of them; return its folder."""
    compared = parameters | {"run_name": f"{parameters['run_name']}-compared", "runs": names}
    earlier = run_folder(compared["run_name"]) / comparison.name
    earlier.unlink(missing_ok=True)  # it may be of other runs
    return run_pipeline(compared, steps=[comparison])


def run_pipeline(
    parameters: dict[str, Any],
    start: str | None = None,
    steps: Sequence[Path] = (),
) -> Path:
    """Run the notebooks with checked parameters, after those that are finished.

    `start` is the number of a notebook, such as "03", from which on all run again; `steps` are some
    of the notebooks, by default all. Returns the run folder. Raises `TweetsentError` when the
    folder holds a run with other parameters or is in use, and when a notebook fails; what is
    finished stays.
    """
    folder = run_folder(parameters["run_name"])
    check_device(parameters)
    refuse_changed_parameters(folder, parameters)
    with locked(folder):
        save_environment(folder)
        pending = list_pending(list(steps or list_notebooks()), folder, start)
        start_over(pending, folder)
        clean_up(folder)
        for notebook in pending:
            run_notebook(notebook, folder, parameters)
            clean_up(folder)
    return folder


def start_over(pending: Sequence[Path], folder: Path) -> None:
    """Make finished notebooks unfinished, since they, or what they build on, run again."""
    for notebook in pending:
        copy = folder / notebook.name
        if notebook.stem == TRAINING and copy.exists():
            forget_training(folder)
        copy.unlink(missing_ok=True)


def clean_up(folder: Path) -> None:
    """Delete the checkpoints of a training whose notebook is finished.

    Only then: until its last cell has run, the notebook may need them.
    """
    if (folder / f"{TRAINING}.ipynb").exists():
        delete_checkpoints(folder)


def check_device(parameters: dict[str, Any]) -> None:
    """Refuse a device that is not there now, and not when notebook 03 comes to it."""
    device = parameters.get("device", "auto")
    if device not in ("auto", "cpu"):
        from tweetsent_utils.training.device import pick_device  # imports torch: seconds

        pick_device(device)


def refuse_changed_parameters(folder: Path, parameters: dict[str, Any]) -> None:
    """Refuse parameters that differ from those of a finished notebook in a run's folder."""
    recorded = load_yaml(folder / "params.yaml")
    finished = [path for path in list_notebooks() if (folder / path.name).exists()]
    fixed = {name for path in finished for name in declared_parameters(path)}
    changes = [
        f"{name} {recorded[name]!r} -> {value!r}"
        for name, value in parameters.items()
        if name in fixed and name in recorded and recorded[name] != value
    ]
    if changes:
        what = f"{folder} holds a run with other parameters ({'; '.join(changes)})"
        raise TweetsentError(f"{what}: name a new run with --run NAME")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a run's folder and keep other runs out of it."""
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = FileLock(folder / ".lock", blocking=False).acquire()
        except Timeout:
            what = f"{folder} is in use by another run"
            raise TweetsentError(f"{what}: wait, or name a new run (--run)") from None
    with lock:
        yield


def list_pending(steps: list[Path], folder: Path, start: str | None) -> list[Path]:
    """Return the notebooks that must run: from `start`, or from the first that is not finished, on.

    A notebook is finished while its copy in the folder has the same code.
    """
    for place, notebook in enumerate(steps):
        number = notebook.name[:2]
        if number == start or code_of(folder / notebook.name) != code_of(notebook):
            return steps[place:]
        print(f"{notebook.stem}: finished before, kept (--from {number} runs it again)")
    return []


def run_notebook(notebook: Path, folder: Path, parameters: dict[str, Any]) -> None:
    """Execute one notebook with the parameters it declares.

    Its copy in the folder is whole or absent. On failure or interruption the partial copy stays as
    `<name>.partial.ipynb`.
    """
    partial = folder / f"{notebook.stem}.partial.ipynb"
    cells = len(load_json(notebook)["cells"]) + 1  # papermill adds one
    monitor = Monitor(notebook.stem, folder / "progress.log", cells)
    started = time.perf_counter()
    try:
        execute(notebook, partial, parameters, monitor)
    finally:
        monitor.close()
    executed = load_json(partial)
    redirect_links(executed, folder)
    save_json(folder / notebook.name, executed)
    partial.unlink()
    seconds = round(time.perf_counter() - started, 1)
    note_timings(folder, "notebooks", {notebook.stem: seconds})
    monitor.say(f"{notebook.stem}: done in {seconds:.0f} s")


def execute(
    notebook: Path,
    target: Path,
    parameters: dict[str, Any],
    monitor: Monitor,
) -> None:
    """Execute a notebook by papermill; raise `TweetsentError` if it fails."""
    no_kernel = user_error(
        f"{notebook.stem} cannot run",
        "install what requirements.txt names",
        NoSuchKernel,
    )
    try:
        with no_kernel, write_errors(target):
            papermill.execute_notebook(
                notebook,
                target,
                {name: parameters[name] for name in declared_parameters(notebook)},
                cwd=notebook.parent,
                progress_bar=False,
                on_cell_start=monitor.cell_started,
                extra_arguments=["--log-level=CRITICAL"],  # errors are reported in the notebook
            )
    except PapermillExecutionError as error:
        if error.ename == "KeyboardInterrupt":  # Ctrl-C reaches the kernel as well
            raise KeyboardInterrupt from None
        is_ours = error.ename == TweetsentError.__name__
        reason = error.evalue if is_ours else f"{error.ename}: {error.evalue}"
        where = f"{notebook.stem} stopped in code cell {error.exec_count}"
        raise TweetsentError(f"{where}: {reason}\nThe partial notebook: {target}") from None
    except DeadKernelError:
        what = f"{notebook.stem} stopped: its kernel died, as it does when memory runs out"
        raise TweetsentError(f"{what}; a micro_batch_size needs less") from None


def redirect_links(notebook: dict[str, Any], folder: Path) -> None:
    """Make the links in a copied notebook's prose lead to the project from the copy's folder."""
    try:
        way = Path(os.path.relpath(PROJECT_ROOT, folder)).as_posix()
    except ValueError:  # on another drive of Windows
        way = PROJECT_ROOT.as_uri()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            source = "".join(cell["source"])
            cell["source"] = source.replace("](../", f"]({way}/")
