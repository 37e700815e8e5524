"""One run, one folder: where it is, what it was made with, and whether it may be used."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tweetsent_utils.checksums import verify_file, write_recorded
from tweetsent_utils.errors import TweetsentError, note, quote, user_error
from tweetsent_utils.files import (
    delete,
    load_json,
    load_record,
    load_yaml,
    save_json,
    save_yaml,
    write_errors,
)
from tweetsent_utils.paths import outputs_root
from tweetsent_utils.pipeline.environment import describe_environment
from tweetsent_utils.pipeline.notebooks import declared_parameters, list_notebooks
from tweetsent_utils.pipeline.parameters import check_parameters, default_parameters

REPORT = "report.html"  # in the folder of a run
ENSEMBLE = "ensemble.json"  # in the folder of an ensemble: its members
ENSEMBLE_TEXT = "ensemble.txt"  # there too: what it gains and costs, for people
RUN_FORMAT = 3  # counts up when the files of a run change their meaning
# What the steps leave for later ones, in words, and which of these steps each notebook builds on.
LEFT = {
    "02_dataset_creation": "dataset",
    "03_training": "model",
    "04_inference": "test scores",
    "05_label_audit": "label audit",
}
BUILDS_ON = {
    "03_training": ["02_dataset_creation"],
    "04_inference": ["02_dataset_creation", "03_training"],
    "04b_luck_and_calibration": ["02_dataset_creation", "03_training", "04_inference"],
    "04c_wrong_labels": ["02_dataset_creation", "03_training", "04_inference"],
    "05_label_audit": ["02_dataset_creation", "03_training", "04_inference"],
    "05b_auditing_your_labels": list(LEFT),
}
DEVICE = r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?"  # no folder of Windows may be called so


def run_folder(run_name: str) -> Path:
    """Return a run's folder below the outputs; an absolute path is taken as it is.

    Raises `TweetsentError` for a name that leaves the outputs, and for a folder that holds
    something else than a run of this version.
    """
    if not Path(run_name).is_absolute():
        require_plain_name(run_name)
    folder = outputs_root() / run_name
    with write_errors(folder):
        others = list_other_files(folder) if folder.exists() else []
    remedy = "choose another run_name (--run), or delete the folder"
    file = folder / "environment.json"
    with user_error(f"{file} is damaged", remedy, TweetsentError):
        environment = load_json(file)
    if others and environment.get("run_format") != RUN_FORMAT:
        what = f"{folder} holds {min(others)}, but no run of this version"
        raise TweetsentError(f"{what}: {remedy}")
    return folder


def require_plain_name(run_name: str) -> None:
    """Refuse a name that leads out of the outputs, to the published figures, or to no folder."""
    remedy = "use letters, digits, '.', '_' and '-', or an absolute path"
    if run_name.casefold() == "reference":
        what = f"run_name is {run_name!r}, where the published figures are"
        raise TweetsentError(f"{what}: choose another name (--run)")
    if not run_name:
        raise TweetsentError(f"run_name is '', which names no folder: {remedy}")
    if re.fullmatch(DEVICE, run_name, re.IGNORECASE):
        raise TweetsentError(
            f"run_name is {run_name!r}, which Windows keeps for a device: {remedy}"
        )
    if not re.fullmatch(r"\w([\w.-]*[\w-])?", run_name):
        what = f"run_name is {run_name!r}, which is no plain name of a folder"
        raise TweetsentError(f"{what}: {remedy}")


def is_ensemble(folder: Path) -> bool:
    """Tell whether a folder holds an ensemble of runs, and no run."""
    try:
        return (folder / ENSEMBLE).exists()
    except OSError:  # whoever reads the folder will say why it cannot be read
        return False


def refuse_ensemble(folder: Path) -> None:
    """Refuse to put a run where an ensemble is."""
    if is_ensemble(folder):
        what = f"{folder} holds an ensemble of runs"
        raise TweetsentError(f"{what}: choose another run_name (--run), or delete the folder")


def list_other_files(folder: Path) -> list[str]:
    """Return the names in a folder, except hidden ones and notebooks."""
    return [path.name for path in folder.glob("[!.]*") if path.suffix != ".ipynb"]


def open_run(notebook: str, namespace: dict[str, Any]) -> Path:
    """Open the run folder for a notebook, check its parameters and record them there.

    `namespace` is the notebook's `globals()`, from which the names in its cell tagged `parameters`
    are read. A value that differs from what the folder was made with is printed. Returns the
    folder, which exists then. Raises `TweetsentError`, before it writes anything, if another
    notebook has to be run first.
    """
    (path,) = (path for path in list_notebooks() if path.stem == notebook)
    names = declared_parameters(path)
    require_parameters(names, namespace)
    values = {name: namespace[name] for name in names}
    require_own_types(values)
    folder = run_folder(values["run_name"])
    refuse_ensemble(folder)
    require_steps(folder, BUILDS_ON.get(notebook, []))
    save_environment(folder)
    recorded = load_record(folder / "params.yaml", load_yaml)
    for name, value in values.items():
        if name in recorded and recorded[name] != value:
            what = f"{name} was {recorded[name]!r} in this run and is {value!r} now"
            note(f"{what}: this notebook starts over with it")
    save_yaml(folder / "params.yaml", recorded | values)
    return folder


def find_run(run_name: str, *steps: str) -> Path:
    """Return the folder of a run in which some notebooks have been run, such as "03_training".

    Raises `TweetsentError`, which names those that have to be run first, if they have not.
    """
    folder = run_folder(run_name)
    require_steps(folder, steps)
    return folder


def require_steps(folder: Path, steps: Sequence[str]) -> None:
    """Refuse to go on in a notebook as long as others, on which it builds, have left nothing."""
    missing = [step for step in steps if not has_left(folder, step)]
    if missing:
        *others, last = [f"{step}.ipynb" for step in missing]
        first = f"{', '.join(others)} and then {last}" if others else last
        what = f"the run {folder.name} has no {LEFT[missing[0]]} yet"
        raise TweetsentError(f"{what}: run {first} with the same run_name first")


def has_left(folder: Path, step: str) -> bool:
    """Tell whether a step has left in a run what later ones need, damaged or not."""
    if step == "04_inference":  # a new training drops the test scores of an earlier model
        is_scored = "test" in load_json(folder / "metrics.json")
        return is_scored and (folder / "predictions.csv").exists()
    name = {
        "02_dataset_creation": "dataset",
        "03_training": "model",
        "05_label_audit": "audit.json",
    }[step]
    return (folder / name).exists()


def require_parameters(names: Iterable[str], namespace: dict[str, Any]) -> None:
    """Refuse a cell of parameters that lacks one, as the copy of an older notebook may."""
    for name in names:
        if name not in namespace:
            what = f"the cell of parameters lacks {name}"
            raise TweetsentError(f"{what}: add the line {name} = {default_parameters()[name]!r}")


def require_opened_with(notebook: str, namespace: dict[str, Any]) -> None:
    """Refuse to go on in a notebook whose parameters have changed since it opened its run.

    `namespace` is the notebook's `globals()`. What was made from the earlier values, such as a
    learning rate schedule, would silently keep them.
    """
    (path,) = (path for path in list_notebooks() if path.stem == notebook)
    opened_with = load_yaml(run_folder(namespace["run_name"]) / "params.yaml")
    for name in declared_parameters(path):
        if namespace[name] != opened_with.get(name):
            what = f"{name} is {namespace[name]!r}, and was {opened_with.get(name)!r}"
            remedy = "run the cells from the parameters on (Run > Run All Cells does it)"
            raise TweetsentError(f"{what} when this notebook opened its run: {remedy}")


def require_own_types(values: dict[str, Any]) -> None:
    """Refuse a value that would have to change its type: the notebook uses it as it is."""
    defaults = default_parameters()
    for name, value in check_parameters(values).items():
        if value != values[name]:
            remedy = f"give a value such as {defaults[name]!r}"
            if isinstance(value, list):  # papermill's -p passes a list as text
                remedy += f", with papermill as in -y '{name}: [one, two]'"
            raise TweetsentError(f"{name} is {quote(values[name])}: {remedy}")


def save_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """Write the scores of a run into its `metrics.json`, with their checksum."""
    write_recorded(folder / "metrics.json", lambda file: save_json(file, metrics))


def load_metrics(folder: Path) -> dict[str, Any]:
    """Return the scores of a run, which notebook 03 writes first.

    Raises `TweetsentError` if they are missing or not as they were written.
    """
    return load_json(verify_file(folder / "metrics.json", "03_training"))


def note_timings(folder: Path, part: str, timings: dict[str, float]) -> None:
    """Add some clock times to a part of a run's `timings.json`.

    They are no results: two runs that agree in everything else differ in them.
    """
    noted = load_record(folder / "timings.json")
    noted[part] = noted.get(part, {}) | timings
    save_json(folder / "timings.json", noted)


def save_environment(folder: Path) -> None:
    """Note in a run's folder what it is made with."""
    environment = {"run_format": RUN_FORMAT, **describe_environment()}
    save_json(folder / "environment.json", environment)


def forget_training(run: Path) -> None:
    """Let notebook 03 train again from the start, while the model stays until there is another."""
    delete(run / "training.json")
    delete_checkpoints(run)


def delete_checkpoints(run: Path) -> None:
    """Delete the checkpoints of a training that is finished or forgotten."""
    delete(run / "checkpoint")
