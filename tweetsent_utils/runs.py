"""One run, one folder: where a run's files lie, and how they are written so that each is whole or absent."""

import ast
import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import yaml

from tweetsent_utils.errors import TweetsentError

PROJECT_ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = PROJECT_ROOT / "notebooks"
REFERENCE = PROJECT_ROOT / "outputs" / "reference"


def project_path(path: str | Path) -> Path:
    """Return a path as it is when absolute, else counted from the project's root, never from the working directory."""
    return PROJECT_ROOT / path


def run_folder(run_name: str) -> Path:
    """Return a run's folder below `outputs/` (or `$TWEETSENT_OUTPUTS`); an absolute path is taken as it is."""
    if not Path(run_name).is_absolute() and not re.fullmatch(r"\w[\w.-]*", run_name):
        raise TweetsentError(f"run_name is {run_name!r}: use letters, digits, '.', '_' and '-', or an absolute path")
    return Path(os.environ.get("TWEETSENT_OUTPUTS", PROJECT_ROOT / "outputs")) / run_name


def open_run(notebook: str, namespace: dict[str, Any]) -> Path:
    """Open the run folder for a notebook and record the notebook's parameters there.

    `namespace` is the notebook's `globals()`; the names that its cell tagged `parameters` declares are read from it
    and merged into `params.yaml`, and versions and hardware go to `environment.json`. A value that differs from
    what the folder was made with is said aloud. Returns the folder, which exists then.
    """
    folder = run_folder(namespace["run_name"])
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    values = {name: namespace[name] for name in declared_parameters(NOTEBOOKS / f"{notebook}.ipynb")}
    recorded = load_params(folder)
    for name, value in values.items():
        if name in recorded and recorded[name] != value:
            print(f"{name} was {recorded[name]!r} in this run and is {value!r} now: this notebook starts over with it")
    text = yaml.safe_dump(recorded | values, sort_keys=False)
    write_whole(folder / "params.yaml", lambda file: file.write_text(text))
    save_json(folder / "environment.json", environment())
    return folder


def notebooks() -> list[Path]:
    """Return the numbered notebooks in their order."""
    return sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))


def declared_parameters(notebook: Path) -> dict[str, Any]:
    """Return the names and default values in a notebook's cell tagged `parameters`, in their order."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    lines = ast.parse("".join(tagged[0]["source"]) if tagged else "").body
    return {line.targets[0].id: ast.literal_eval(line.value) for line in lines if isinstance(line, ast.Assign)}


def load_params(folder: Path) -> dict[str, Any]:
    """Return what `params.yaml` of a run folder records; empty when the run has not begun."""
    file = folder / "params.yaml"
    return yaml.safe_load(file.read_text()) if file.exists() else {}


def need(path: Path, notebook: str) -> Path:
    """Return `path` when it exists; else say which notebook makes it."""
    if not path.exists():
        what = f"{path.parent.name}/{path.name} is not there yet"
        raise TweetsentError(f"{what}: run {notebook}.ipynb with the same run_name first")
    return path


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Let `write` make a file (or folder) beside `path`, then rename it: whole or absent, even after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    write(beside)
    if path.is_dir():  # a rename cannot replace a folder
        shutil.rmtree(path)
    os.replace(beside, path)


def save_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all."""
    write_whole(path, lambda file: file.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8"))


def load_json(path: Path) -> Any:
    """Read a JSON file; an empty dictionary when there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def update_metrics(folder: Path, **sections: dict[str, Any]) -> None:
    """Merge sections (`validation`, `test`, `baselines`, `training`) into the run's `metrics.json`."""
    metrics = load_json(folder / "metrics.json")
    save_json(folder / "metrics.json", metrics | {name: metrics.get(name, {}) | new for name, new in sections.items()})


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
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor[1] if processor else platform.processor(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "packages": {name: importlib.metadata.version(name) for name in packages},
        "git_commit": commit or None,
    }
