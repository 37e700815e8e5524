"""One run, one folder: where it lies, what it was made with, and whether it may be used."""

import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

import psutil
import yaml

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import PROJECT_ROOT, intact, load_json, save_json, write_whole, writing
from tweetsent_utils.parameters import check_parameters, declared_parameters, notebooks

RUN_FORMAT = 1  # counts up when the files of a run change their meaning


def run_folder(run_name: str) -> Path:
    """Return a run's folder below `outputs/` (or `$TWEETSENT_OUTPUTS`); an absolute path is taken as it is.

    Raises `TweetsentError` for a name that leaves `outputs/`, and for a folder that holds something else than a run.
    """
    outputs = Path(os.environ.get("TWEETSENT_OUTPUTS", PROJECT_ROOT / "outputs"))
    if not Path(run_name).is_absolute() and (not re.fullmatch(r"\w[\w.-]*", run_name) or run_name == "reference"):
        what = f"run_name is {run_name!r}, and outputs/reference/ keeps the published figures"
        raise TweetsentError(f"{what}: use letters, digits, '.', '_' and '-', or an absolute path")
    folder = outputs / run_name
    with writing(folder):
        others = [path.name for path in folder.glob("[!.]*") if path.suffix != ".ipynb"] if folder.exists() else []
    if others and load_json(folder / "environment.json").get("run_format") != RUN_FORMAT:
        what = f"{folder} holds {min(others)}, but no run of this version"
        raise TweetsentError(f"{what}: choose another run_name (--run), or delete the folder")
    return folder


def open_run(notebook: str, namespace: dict[str, Any]) -> Path:
    """Open the run folder for a notebook, check the notebook's parameters and record them there.

    `namespace` is the notebook's `globals()`; the names that its cell tagged `parameters` declares are read from it
    and merged into `params.yaml`. A value that differs from what the folder was made with is said aloud. Returns the
    folder, which exists then.
    """
    declared = next(declared_parameters(path) for path in notebooks() if path.stem == notebook)
    values = {name: namespace[name] for name in declared}
    for name, value in check_parameters(values, declared).items():
        if value != values[name]:
            raise TweetsentError(f"{name} is {values[name]!r}: give a value such as {declared[name]!r}")
    folder = run_folder(namespace["run_name"])
    save_json(folder / "environment.json", environment())
    recorded = load_params(folder)
    for name, value in values.items():
        if name in recorded and recorded[name] != value:
            print(f"{name} was {recorded[name]!r} in this run and is {value!r} now: this notebook starts over with it")
    text = yaml.safe_dump(recorded | values, sort_keys=False)
    write_whole(folder / "params.yaml", lambda file: file.write_text(text))
    return folder


def load_params(folder: Path) -> dict[str, Any]:
    """Return what `params.yaml` of a run folder records; empty when the run has not begun."""
    file = folder / "params.yaml"
    with intact(file):
        return dict(yaml.safe_load(file.read_text())) if file.exists() else {}


def environment() -> dict[str, Any]:
    """Return what an honest figure names: versions, hardware and the code's commit; no name or path of the machine."""
    packages = ("torch", "transformers", "tokenizers", "pandas", "scikit-learn", "numpy")
    git = ["git", "-C", str(PROJECT_ROOT), "describe", "--always", "--dirty"]
    try:
        commit = subprocess.run(git, capture_output=True, text=True).stdout.strip()
    except OSError:  # a downloaded folder needs no git
        commit = ""
    cpuinfo = Path("/proc/cpuinfo")
    processor = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text() if cpuinfo.exists() else "")
    return {
        "run_format": RUN_FORMAT,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor[1] if processor else platform.processor(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "packages": {name: importlib.metadata.version(name) for name in packages},
        "git_commit": commit or None,
    }
