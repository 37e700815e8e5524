"""The pipeline: papermill over the numbered notebooks, in order, into one run folder."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import papermill
from filelock import FileLock, Timeout
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from tweetsent_utils.errors import TweetsentError, told
from tweetsent_utils.files import PROJECT_ROOT, load_json, save_json, write_whole, writing
from tweetsent_utils.monitor import Monitor
from tweetsent_utils.parameters import declared_parameters, notebooks, spread_parameters
from tweetsent_utils.runs import environment, load_params, run_folder


def run_all(parameters: dict[str, Any], sweeps: Sequence[str] = (), start: str | None = None) -> list[Path]:
    """Run the pipeline once, or once per combination of the swept values and then the notebook that compares runs.

    A choice is made on validation: a sweep over more than seeds leaves the test set alone. A run that fails does not
    stop the others. Returns the runs' folders and, after more than one, that of the comparison, `<run_name>-compared`.
    """
    runs = spread_parameters(parameters, sweeps)
    if len(runs) == 1:
        return [run(runs[0], start)]
    only_seeds = all(sweep.startswith("seed=") for sweep in sweeps)
    steps = [path for path in notebooks()[:-1] if only_seeds or path.name < "04"]  # 04 scores the test set
    finished = {}
    for number, one in enumerate(runs, 1):
        print(f"run {number} of {len(runs)}: {one['run_name']}", flush=True)
        try:
            finished[one["run_name"]] = run(one, start, steps)
        except TweetsentError as error:
            print(f"error: {error}", file=sys.stderr)
    if not finished:
        raise TweetsentError(f"none of the {len(runs)} runs came to its end: mend what is said above and run it again")
    compared = parameters | {"run_name": f"{parameters['run_name']}-compared", "runs": list(finished)}
    (run_folder(compared["run_name"]) / notebooks()[-1].name).unlink(missing_ok=True)  # it may be of other runs
    folder = run(compared, None, notebooks()[-1:])
    if len(finished) < len(runs):
        what = f"{len(runs) - len(finished)} of the {len(runs)} runs failed, as is said above"
        raise TweetsentError(f"{what}: mend them and run it again (the others are compared in {folder})")
    return [*finished.values(), folder]


def run(parameters: dict[str, Any], start: str | None = None, steps: Sequence[Path] = ()) -> Path:
    """Run the notebooks with checked parameters, going on after what is finished, or from notebook `start` (as "03").

    `steps` names some of the notebooks; by default all run. Returns the run folder. Raises `TweetsentError` when the
    folder holds a run with other parameters, is in use, or a notebook fails; what is finished stays.
    """
    folder = run_folder(parameters["run_name"])
    if parameters.get("device", "auto") not in ("auto", "cpu"):  # told now, not when notebook 03 comes to it
        from tweetsent_utils.training import pick_device  # imports torch, which takes seconds

        pick_device(parameters["device"])
    done = [path for path in notebooks() if (folder / path.name).exists()]
    fixed = {name for path in done for name in declared_parameters(path)}  # what a finished notebook was made with
    old = parameters | {name: value for name, value in load_params(folder).items() if name in fixed}
    changed = "; ".join(f"{name} {old[name]!r} -> {new!r}" for name, new in parameters.items() if old[name] != new)
    if changed:
        raise TweetsentError(f"{folder} holds a run with other parameters ({changed}): name a new run with --run NAME")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = FileLock(folder / ".lock", blocking=False).acquire()
        except Timeout:
            raise TweetsentError(f"{folder} is in use by another run: wait, or name a new run (--run)") from None
    with lock:
        save_json(folder / "environment.json", environment())
        todo = list(steps or notebooks())
        while todo and todo[0].name[:2] != start and code_of(folder / todo[0].name) == code_of(todo[0]):
            print(f"{todo[0].stem}: finished before, kept (--from {todo[0].name[:2]} runs it again)")
            del todo[0]
        for path in todo:  # what rests on a notebook that runs again is finished no longer
            (folder / path.name).unlink(missing_ok=True)
        for path in todo:
            run_notebook(path, folder, parameters)
    return folder


def code_of(notebook: Path) -> list[str]:
    """Return the code cells of a notebook, without the parameters that papermill has put in; none when it is absent."""
    cells = load_json(notebook).get("cells", [])
    ours = [cell for cell in cells if "injected-parameters" not in cell["metadata"].get("tags", [])]
    return ["".join(cell["source"]) for cell in ours if cell["cell_type"] == "code"]


def run_notebook(notebook: Path, folder: Path, parameters: dict[str, Any]) -> None:
    """Execute one notebook with the parameters it declares; its copy in the folder is whole or absent.

    On failure or interruption the partial copy stays as `<name>.partial.ipynb`.
    """
    partial = folder / f"{notebook.stem}.partial.ipynb"
    given = {name: parameters[name] for name in declared_parameters(notebook)}
    monitor = Monitor(notebook.stem, folder / "progress.log", len(load_json(notebook)["cells"]) + 1)
    options = {"progress_bar": False, "cwd": notebook.parent, "on_cell_start": monitor.cell_started}
    options["extra_arguments"] = ["--log-level=CRITICAL"]  # the kernel reports its errors in the notebook
    started = time.perf_counter()
    try:
        with told(f"{notebook.stem} cannot run", "install what requirements.txt names", NoSuchKernel), writing(partial):
            papermill.execute_notebook(notebook, partial, given, **options)
    except PapermillExecutionError as error:
        if error.ename == "KeyboardInterrupt":  # Ctrl-C reaches the kernel as well
            raise KeyboardInterrupt from None
        reason = error.evalue if error.ename == TweetsentError.__name__ else f"{error.ename}: {error.evalue}"
        where = f"{notebook.stem} stopped in code cell {error.exec_count}"
        raise TweetsentError(f"{where}: {reason}\nThe partial notebook: {partial}") from None
    except DeadKernelError:
        what = f"{notebook.stem} stopped: its kernel died, as it does when memory runs out"
        raise TweetsentError(f"{what}; a micro_batch_size needs less") from None
    finally:
        monitor.close()
    here = f"]({os.path.relpath(PROJECT_ROOT, folder)}/"  # the copy's links to the project lead from its own place
    text = partial.read_text(encoding="utf-8").replace("](../", here)
    write_whole(folder / notebook.name, lambda file: file.write_text(text, encoding="utf-8"))
    partial.unlink()
    seconds = round(time.perf_counter() - started, 1)
    save_json(folder / "seconds.json", load_json(folder / "seconds.json") | {notebook.stem: seconds})
    monitor.say(f"{notebook.stem}: done in {seconds:.0f} s")
