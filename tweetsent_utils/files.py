"""Where files lie, how one is written so that it is whole or absent, and how a damaged one is told."""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import yaml
from safetensors import SafetensorError

from tweetsent_utils.errors import TweetsentError, told

PROJECT_ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = PROJECT_ROOT / "notebooks"
REFERENCE = PROJECT_ROOT / "outputs" / "reference"


def project_path(path: str | Path) -> Path:
    """Return a path as it is when absolute, else counted from the project's root, which it must not leave."""
    whole = Path(os.path.normpath(PROJECT_ROOT / path))
    if not Path(path).is_absolute() and not whole.is_relative_to(PROJECT_ROOT):
        raise TweetsentError(f"{path} leads out of the project: give it as an absolute path")
    return whole


def need(path: Path, notebook: str) -> Path:
    """Return `path` when it exists; else say which notebook makes it."""
    if not path.exists():
        what = f"{path.parent.name}/{path.name} is not there yet"
        raise TweetsentError(f"{what}: run {notebook}.ipynb with the same run_name first")
    return path


def writing(path: Path) -> AbstractContextManager[None]:
    """Return the context in which a full disk or a read-only folder is told as one sentence about `path`."""
    remedy = "make room, or choose a folder that you may write to (run_name, --run)"
    return told(f"{path} cannot be written", remedy, OSError, SafetensorError)


def intact(path: Path) -> AbstractContextManager[None]:
    """Return the context in which damage that a reader finds in a file is told as one sentence about `path`."""
    kinds = (ValueError, TypeError, OSError, SafetensorError, yaml.YAMLError)  # ValueError: JSON, Parquet, Unicode
    return told(f"{path} is damaged", "run the notebook again that makes it (--from)", *kinds)


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Let `write` make a file (or folder) beside `path`, then rename it: whole or absent, even when it is killed."""
    beside = path.with_name(f".{path.name}.part")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove(beside)  # of a process that was killed
        try:
            write(beside)
            if path.is_dir():  # a rename cannot replace a folder
                shutil.rmtree(path)
            os.replace(beside, path)
        finally:
            remove(beside)


def remove(path: Path) -> None:
    """Delete a file or a folder, if it is there."""
    shutil.rmtree(path, ignore_errors=True)
    path.unlink(missing_ok=True)


def save_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all."""
    write_whole(path, lambda file: file.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8"))


def load_json(path: Path) -> Any:
    """Read a JSON file; an empty dictionary when there is none."""
    with intact(path):
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
