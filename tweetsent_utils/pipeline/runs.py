"""One run, one folder: where it is, what it was made with, and whether it may be used."""

import re
from pathlib import Path
from typing import Any

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json, load_yaml, save_json, save_yaml, write_errors
from tweetsent_utils.paths import outputs_root
from tweetsent_utils.pipeline.environment import describe_environment
from tweetsent_utils.pipeline.notebooks import declared_parameters, list_notebooks
from tweetsent_utils.pipeline.parameters import check_parameters, default_parameters

RUN_FORMAT = 2  # counts up when the files of a run change their meaning


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
    if others and load_json(folder / "environment.json").get("run_format") != RUN_FORMAT:
        what = f"{folder} holds {min(others)}, but no run of this version"
        raise TweetsentError(f"{what}: choose another run_name (--run), or delete the folder")
    return folder


def require_plain_name(run_name: str) -> None:
    """Refuse a name that leads out of the outputs, or to the published figures."""
    if not re.fullmatch(r"\w[\w.-]*", run_name) or run_name == "reference":
        what = f"run_name is {run_name!r}, and outputs/reference/ keeps the published figures"
        remedy = "use letters, digits, '.', '_' and '-', or an absolute path"
        raise TweetsentError(f"{what}: {remedy}")


def list_other_files(folder: Path) -> list[str]:
    """Return the names in a folder, except hidden ones and notebooks."""
    return [path.name for path in folder.glob("[!.]*") if path.suffix != ".ipynb"]


def open_run(notebook: str, namespace: dict[str, Any]) -> Path:
    """Open the run folder for a notebook, check its parameters and record them there.

    `namespace` is the notebook's `globals()`, from which the names in its cell tagged `parameters`
    are read. A value that differs from what the folder was made with is printed. Returns the
    folder, which exists then.
    """
    (path,) = (path for path in list_notebooks() if path.stem == notebook)
    values = {name: namespace[name] for name in declared_parameters(path)}
    require_own_types(values)
    folder = run_folder(values["run_name"])
    save_environment(folder)
    recorded = load_yaml(folder / "params.yaml")
    for name, value in values.items():
        if name in recorded and recorded[name] != value:
            what = f"{name} was {recorded[name]!r} in this run and is {value!r} now"
            print(f"{what}: this notebook starts over with it")
    save_yaml(folder / "params.yaml", recorded | values)
    return folder


def require_own_types(values: dict[str, Any]) -> None:
    """Refuse a value that would have to change its type: the notebook uses it as it is."""
    defaults = default_parameters()
    for name, value in check_parameters(values).items():
        if value != values[name]:
            remedy = f"give a value such as {defaults[name]!r}"
            raise TweetsentError(f"{name} is {values[name]!r}: {remedy}")


def save_environment(folder: Path) -> None:
    """Note in a run's folder what it is made with."""
    environment = {"run_format": RUN_FORMAT, **describe_environment()}
    save_json(folder / "environment.json", environment)
