"""The pipeline: papermill over the numbered notebooks, in order, into one run folder."""

import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import papermill
from filelock import FileLock, Timeout
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError, strip_color

from tweetsent_utils.errors import NOTES_VARIABLE, Stopped, TweetsentError, user_error
from tweetsent_utils.files import delete, load_record, load_yaml, save_json, write_errors
from tweetsent_utils.pipeline.monitor import Monitor
from tweetsent_utils.pipeline.notebooks import (
    code_of,
    declared_parameters,
    list_notebooks,
    step_number,
)
from tweetsent_utils.pipeline.own_data import (
    code_of_step,
    is_own_data,
    load_step,
    top_cell,
)
from tweetsent_utils.pipeline.runs import (
    REPORT,
    delete_checkpoints,
    forget_training,
    is_ensemble,
    note_timings,
    refuse_ensemble,
    run_folder,
    save_environment,
)
from tweetsent_utils.pipeline.stopping import StoppableKernel
from tweetsent_utils.pipeline.sweeps import expand_sweeps
from tweetsent_utils.pipeline.terminal import say
from tweetsent_utils.training.stopping import stop_signals

TRAINING = "03_training"
FIRST_ON_TEST = "04"  # the notebook that scores the test set
FEWEST_MEMBERS = 2  # of an ensemble
NOTES = ".notes"  # in a run's folder: what the notebooks of this command have said so far
SECONDS_TO_START = 600  # what a kernel may take on a busy machine
SECONDS_BETWEEN_LOOKS = 0.1
RELATIVE_LINK = r"\]\((?![a-z]+:|[#/])([^)#\s]+)"  # in Markdown, up to its anchor
STOPPING = "stopping as soon as its step is done; a second time ends it at once"


def run_all(
    parameters: dict[str, Any],
    sweeps: Sequence[str] = (),
    start: str | None = None,
    ensemble: bool = False,
    spread: Callable[..., dict[str, Path]] | None = None,
) -> list[Path]:
    """Run the pipeline once, or once per combination of swept values and then compare the runs.

    Settings are chosen on validation, so a sweep over more than seeds leaves the test set alone. A
    run that fails does not stop the others. Returns the folders of the runs and, after more than
    one, that of the comparison, `<run_name>-compared`. With `ensemble`, runs that differ in the
    seed alone are averaged too, in a last folder `<run_name>-ensemble`. `spread` makes several runs
    in place of `run_each`, which makes one after the other.
    """
    runs = expand_sweeps(parameters, sweeps)
    if ensemble:
        check_ensemble(parameters, sweeps, len(runs))
    for run in runs:  # before any of them begins
        run_folder(run["run_name"])
    if len(runs) == 1:
        return [run_pipeline(runs[0], start)]
    *steps, comparison = list_notebooks()
    if not is_over_seeds(sweeps):
        steps = [path for path in steps if path.name < FIRST_ON_TEST]
    refuse_other_start(start, [*steps, comparison])
    finished = (spread or run_each)(runs, steps, start)
    if not finished:
        what = f"none of the {len(runs)} runs came to its end"
        raise TweetsentError(f"{what}: fix what is said above and run it again")
    folder = compare_runs(parameters, list(finished), comparison)
    failed = len(runs) - len(finished)
    if failed:
        what = f"{failed} of the {len(runs)} runs failed, as is said above"
        remedy = f"fix them and run it again (the others are compared in {folder})"
        if ensemble:
            remedy = f"{remedy}; an ensemble is made when all have come to their end"
        raise TweetsentError(f"{what}: {remedy}")
    folders = [*finished.values(), folder]
    return [*folders, make_ensemble(parameters, list(finished.values()))] if ensemble else folders


def is_over_seeds(sweeps: Sequence[str]) -> bool:
    """Tell whether sweeps are over seeds and nothing else."""
    return all(sweep.startswith("seed=") for sweep in sweeps)


def check_ensemble(parameters: dict[str, Any], sweeps: Sequence[str], runs: int) -> None:
    """Refuse an ensemble that cannot be made of a number of runs, before any of them begins."""
    if not is_over_seeds(sweeps):
        what = "an ensemble averages the seeds of one setting, and a sweep has several"
        remedy = "choose one by the sweep, and run it with --seeds and --ensemble"
        raise TweetsentError(f"{what}: {remedy}")
    if runs < FEWEST_MEMBERS:
        what = "an ensemble averages several seeds, and this is one"
        raise TweetsentError(f"{what}: give --seeds {FEWEST_MEMBERS} or more")
    if parameters["max_eval_rows"]:
        what = f"max_eval_rows is {parameters['max_eval_rows']}, and each seed draws its own rows"
        raise TweetsentError(f"{what}, so that no test row has all answers: set it to 0")
    folder = ensemble_folder(parameters)
    if (folder / "params.yaml").exists() and not is_ensemble(folder):
        what = f"{folder}, the folder of the ensemble, holds a run"
        raise TweetsentError(f"{what}: name this one otherwise (--run)")


def ensemble_folder(parameters: dict[str, Any]) -> Path:
    """Return the folder for the ensemble of the runs that are named after one run."""
    return run_folder(f"{parameters['run_name']}-ensemble")


def make_ensemble(parameters: dict[str, Any], members: Sequence[Path]) -> Path:
    """Average the predictions of finished runs; return the folder of the ensemble."""
    from tweetsent_utils.pipeline.ensembles import write_ensemble  # imports pandas: a second

    folder = ensemble_folder(parameters)
    with locked(folder):
        save_environment(folder)
        write_ensemble(folder, members)
    return folder


def refuse_other_start(start: str | None, steps: Sequence[Path]) -> None:
    """Refuse to start at a notebook that is none of the steps of a sweep."""
    numbers = [step_number(path) for path in steps]
    if start is not None and start not in numbers:
        what = f"--from {start} has no meaning here, as this sweep runs {', '.join(numbers)} only"
        remedy = "choose one of them, or run the chosen setting to its end by its own --run"
        raise TweetsentError(f"{what}: {remedy}")


def run_each(
    runs: Sequence[dict[str, Any]],
    steps: Sequence[Path],
    start: str | None,
) -> dict[str, Path]:
    """Run several runs one after the other; return the folders of those that did not fail."""
    finished = {}
    for number, parameters in enumerate(runs, start=1):
        name = parameters["run_name"]
        say(f"run {number} of {len(runs)}: {name}")
        try:
            finished[name] = run_pipeline(parameters, start, steps)
        except Stopped:
            raise
        except TweetsentError as error:
            say(f"error: {error}", "stderr")
    return finished


def compare_runs(parameters: dict[str, Any], names: list[str], comparison: Path) -> Path:
    """Run the notebook that compares runs on some of them; return its folder."""
    compared = parameters | {"run_name": f"{parameters['run_name']}-compared", "runs": names}
    earlier = run_folder(compared["run_name"]) / comparison.name
    with write_errors(earlier):
        delete(earlier)  # it may be of other runs
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
    refuse_ensemble(folder)
    check_device(parameters)
    refuse_changed_parameters(folder, parameters)
    with locked(folder):
        save_environment(folder)
        pending = list_pending(list(steps or list_notebooks()), folder, parameters, start)
        with write_errors(folder):
            delete(folder / NOTES)
            start_over(pending, folder)
            clean_up(folder)
        for notebook in pending:
            run_notebook(notebook, folder, parameters)
            clean_up(folder)
        if pending or not (folder / REPORT).exists():
            leave_report(folder)
    return folder


def leave_report(folder: Path) -> None:
    """Write the report and the model card of a run that has trained.

    If that fails, say so and let the run be.
    """
    if not (folder / "metrics.json").exists():
        return
    from tweetsent_utils.pipeline.model_card import write_model_card
    from tweetsent_utils.pipeline.report import write_report  # imports pandas: a second

    try:
        write_report(folder)
        if (folder / "model").is_dir():
            write_model_card(folder)
    except TweetsentError as error:
        say(f"the run is finished, but has no new report: {error}", "stderr")


def start_over(pending: Sequence[Path], folder: Path) -> None:
    """Make finished notebooks unfinished, since they, or what they build on, run again.

    The report of what they found goes with them.
    """
    if pending:
        delete(folder / REPORT)
    for notebook in pending:
        copy = folder / notebook.name
        if notebook.stem == TRAINING and copy.exists():
            forget_training(folder)
        delete(copy)


def clean_up(folder: Path) -> None:
    """Delete what finished notebooks need no more: partial copies, and a training's checkpoints.

    Not before: until its last cell has run, the notebook may need its checkpoints.
    """
    for partial in folder.glob("*.partial.ipynb"):
        if (folder / partial.name.replace(".partial", "")).exists():
            delete(partial)
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
    recorded = load_record(folder / "params.yaml", load_yaml)
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


def list_pending(
    steps: list[Path],
    folder: Path,
    parameters: dict[str, Any],
    start: str | None,
) -> list[Path]:
    """Return the notebooks that must run: from `start`, or from the first that is not finished, on.

    A notebook is finished while its copy in the folder has the code that would be executed now.
    """
    for place, notebook in enumerate(steps):
        number = step_number(notebook)
        code = code_of_step(notebook, parameters)
        if number == start or code_of(folder / notebook.name) != code:
            return steps[place:]
        say(f"{notebook.stem}: finished before, kept (--from {number} runs it again)")
    return []


def run_notebook(notebook: Path, folder: Path, parameters: dict[str, Any]) -> None:
    """Execute one notebook with the parameters it declares.

    Its copy in the folder is whole or absent. On failure or interruption the partial copy stays as
    `<name>.partial.ipynb`.
    """
    partial = folder / f"{notebook.stem}.partial.ipynb"
    content = make_record(notebook, folder, parameters)
    cells = len(content["cells"]) + 1  # papermill adds one
    notes = folder / NOTES
    kernel = StoppableKernel({NOTES_VARIABLE: str(notes)})
    with stop_signals(kernel.note_signal):
        monitor = Monitor(notebook.stem, folder / "progress.log", cells, notes)
        started = time.perf_counter()
        try:
            save_json(partial, content)
            execute(notebook, partial, parameters, monitor, kernel)
        finally:
            monitor.close()
        with write_errors(folder):
            os.replace(partial, folder / notebook.name)
        seconds = round(time.perf_counter() - started, 1)
        note_timings(folder, "notebooks", {notebook.stem: seconds})
        monitor.say(f"{notebook.stem}: done in {seconds:.0f} s")
    if kernel.signals:
        raise kernel.stop(f"stopped after {notebook.stem}")


def make_record(notebook: Path, folder: Path, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook as it is put into a run's folder, to be executed there."""
    content = load_step(notebook, parameters)
    redirect_links(content, notebook.parent, folder)
    if is_own_data(parameters):
        is_first = notebook == list_notebooks()[0]
        began = load_record(folder / "params.yaml", load_yaml)  # there, by the first notebook
        has_report = is_first or "train_file" in began  # a comparison of runs has none
        top = top_cell(notebook, parameters, way_to(notebook, folder), has_report)
        content["cells"].insert(0, top)
    return content


def execute(
    notebook: Path,
    target: Path,
    parameters: dict[str, Any],
    monitor: Monitor,
    kernel: StoppableKernel,
) -> None:
    """Execute a notebook's copy at `target` by papermill; interrupt it when a signal asks for it.

    Papermill has a thread of its own, so that this one can heed signals. Raises `TweetsentError` if
    the notebook fails, and `Stopped` if it was stopped.
    """
    what = f"{notebook.stem} cannot run"
    no_kernel = user_error(what, "install what requirements.txt names", NoSuchKernel)
    try:
        with no_kernel, write_errors(target), ThreadPoolExecutor(max_workers=1) as thread:
            running = thread.submit(run_papermill, notebook, target, parameters, monitor, kernel)
            while not running.done():
                wait([running], timeout=SECONDS_BETWEEN_LOOKS)
                if kernel.heed_signals():
                    monitor.say(f"{notebook.stem}: {STOPPING}")
            running.result()
    except PapermillExecutionError as error:
        raise describe_failure(notebook, target, error, kernel) from None
    except (DeadKernelError, RuntimeError) as error:
        raise describe_loss(notebook, error, monitor, kernel) from None


def run_papermill(
    notebook: Path,
    target: Path,
    parameters: dict[str, Any],
    monitor: Monitor,
    kernel: StoppableKernel,
) -> None:
    """Execute a copy of a notebook in its place, with the parameters that the notebook declares."""

    def cell_started(cell: Any, cell_index: int) -> None:
        if kernel.signals:
            raise kernel.stop(f"{notebook.stem} was stopped before cell {cell_index + 1}")
        monitor.cell_started(cell_index)

    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # we say it in a sentence
    papermill.execute_notebook(
        escape_braces(target),
        escape_braces(target),
        {name: parameters[name] for name in declared_parameters(notebook)},
        cwd=notebook.parent,
        progress_bar=False,
        start_timeout=SECONDS_TO_START,
        iopub_timeout=SECONDS_TO_START,
        kernel_manager_class=kernel.manager_class,
        shutdown_kernel="immediate",  # all is written when the last cell ends: a second saved
        on_cell_start=cell_started,
        on_cell_complete=lambda cell, cell_index: kernel.cell_begun(),  # it was sent to the kernel
        on_cell_executed=lambda cell, cell_index, execute_reply: kernel.cell_ended(),
        extra_arguments=["--log-level=CRITICAL"],  # errors are reported in the notebook
    )


def escape_braces(path: Path) -> str:
    """Return a path for papermill, which takes {name} in one for a parameter."""
    return str(path).replace("{", "{{").replace("}", "}}")


def describe_failure(
    notebook: Path,
    partial: Path,
    error: PapermillExecutionError,
    kernel: StoppableKernel,
) -> TweetsentError:
    """Return what to raise for a cell's exception: where it was, its words, and what is left."""
    where = f"{notebook.stem} stopped in code cell {error.exec_count}"
    if error.ename == Stopped.__name__:
        reached = error.evalue.partition(":")[0]  # without what to do in a notebook
        return kernel.stop(f"{notebook.stem}: {reached}")
    if error.ename == KeyboardInterrupt.__name__:
        return kernel.stop(where)
    is_ours = error.ename == TweetsentError.__name__
    words = error.evalue or f"at `{failing_line(error.traceback)}`"
    reason = words if is_ours else f"{error.ename}: {words}"
    if kernel.signals:
        return kernel.stop(f"{where}: {reason}")
    return TweetsentError(f"{where}: {reason}\nThe partial notebook: {partial}")


def describe_loss(
    notebook: Path,
    error: Exception,
    monitor: Monitor,
    kernel: StoppableKernel,
) -> TweetsentError:
    """Return what to raise for a kernel that is gone, or that never came."""
    if kernel.signals:
        return kernel.stop(f"{notebook.stem} was ended while it was {monitor.place}")
    if kernel.has_begun:
        what = f"{notebook.stem} stopped: its kernel died, as it does when memory runs out"
        return TweetsentError(f"{what}; a micro_batch_size needs less")
    remedy = "install what requirements.txt names, or wait until the machine is less busy"
    return TweetsentError(f"{notebook.stem} cannot run, as no kernel starts ({error}): {remedy}")


def failing_line(traceback: Sequence[str]) -> str:
    """Return the innermost line of code that a traceback of IPython points at."""
    text = strip_color("\n".join(traceback))
    lines = re.findall(r"^-+> *\d+ (.*)", text, flags=re.MULTILINE)
    return lines[-1].strip() if lines else "an unknown line"


def redirect_links(notebook: dict[str, Any], source: Path, folder: Path) -> None:
    """Make the links in a copied notebook's prose lead on from the copy's folder.

    A link to another step leads to its copy in the same folder, and any other relative link from
    the folder `source`, where the notebook comes from, to the project.
    """
    steps = {path.name for path in list_notebooks()}

    def redirect(link: re.Match) -> str:
        target = unquote(link[1])
        name = Path(target).name
        return f"]({name if name in steps else way_to(source / target, folder)}"

    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = re.sub(RELATIVE_LINK, redirect, "".join(cell["source"]))


def way_to(target: Path, folder: Path) -> str:
    """Return the address of a file as seen from a folder."""
    try:
        return quote(Path(os.path.relpath(target.resolve(), folder.resolve())).as_posix())
    except ValueError:  # on another drive of Windows
        return target.resolve().as_uri()
