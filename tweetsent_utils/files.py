"""Reading and writing a run's files: each is whole or absent, and damage is one sentence."""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import yaml
from safetensors import SafetensorError

from tweetsent_utils.errors import TweetsentError, note, user_error

ENCODER_JSON_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json")


def require_file(path: Path, notebook: str) -> Path:
    """Return `path` if it exists; else raise a `TweetsentError` that names the notebook to run."""
    if not path.exists():
        what = f"{path.parent.name}/{path.name} is not there yet"
        raise TweetsentError(f"{what}: run {notebook}.ipynb with the same run_name first")
    return path


def read_whole_file(path: Path) -> bytes:
    """Return a file's bytes.

    Raises `TweetsentError` for a pipe or a device, which may have no end, and `OSError`.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        what = f"{path} is a pipe or a device, which may have no end"
        raise TweetsentError(f"{what}: save what it gives as a file, and name that")
    return path.read_bytes()


class PlainLoader(yaml.SafeLoader):
    """A loader of YAML without aliases, of which ten lines can mean more than a memory holds."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node:
        """Refuse an alias, and return any other node."""
        if self.check_event(yaml.AliasEvent):
            place = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="aliases are not allowed", problem_mark=place)
        return super().compose_node(parent, index)


def parse_yaml(text: str) -> Any:
    """Return the value that a YAML text holds.

    Raises `yaml.YAMLError` for what is no YAML, an alias, and lists within lists without an end,
    and `ValueError` for a number or a date that there cannot be.
    """
    loader = PlainLoader(text)
    try:
        return loader.get_single_data()
    except RecursionError:
        raise yaml.YAMLError("it holds lists within lists, too deep to be read") from None
    finally:
        loader.dispose()


def write_errors(path: Path) -> AbstractContextManager[None]:
    """Return a context that reports a full disk or a read-only folder in one sentence."""
    remedy = "make room, or choose a folder that you may write to (run_name, --run or --out)"
    return user_error(f"{path} cannot be written", remedy, OSError, SafetensorError)


def read_errors(path: Path) -> AbstractContextManager[None]:
    """Return a context that reports damage in a run's file in one sentence."""
    kinds = (
        ValueError,  # of JSON, Parquet and Unicode
        TypeError,
        RecursionError,  # of lists within lists without an end
        OSError,
        SafetensorError,
        yaml.YAMLError,
    )
    remedy = "run the notebook again that makes it (--from)"
    return user_error(f"{path} is damaged", remedy, *kinds)


def encoder_errors(folder: str | Path) -> AbstractContextManager[None]:
    """Return a context that reports what transformers finds wrong in an encoder's folder.

    Raises `TweetsentError` at once if there is no such folder, or one of its JSON files holds none.
    """
    folder = Path(folder)
    if not folder.is_dir():
        what = f"there is no folder {folder}"
        raise TweetsentError(f"{what}: find_encoder(name) returns the folder of an encoder")
    remedy = "choose a whole one, with a tokenizer and safetensors weights"
    for name in ENCODER_JSON_FILES:
        if (folder / name).is_file():
            what = f"{name} of the encoder folder {folder} is damaged"
            with user_error(what, remedy, ValueError, RecursionError, OSError):
                content = json.loads((folder / name).read_text(encoding="utf-8"))
            if not isinstance(content, dict):
                raise TweetsentError(f"{what} (it holds no JSON object): {remedy}")
    # What odd files raise is anything: a KeyError, a ZeroDivisionError, an Exception of Rust's.
    return user_error(f"the encoder folder {folder} cannot be loaded", remedy, Exception)


def write_atomically(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a file or a folder so that it is whole or absent, even when the process is killed.

    `write` gets a path next to `path` to write to; what it wrote is then renamed to `path`.
    """
    partial = path.with_name(f".{path.name}.part")
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        discard(partial)  # left by a process that was killed
        try:
            write(partial)
            if partial.is_dir():  # a rename cannot replace a folder
                delete(path)
            os.replace(partial, path)
        finally:
            discard(partial)


def delete(path: Path) -> None:
    """Delete a file or a folder, if it is there.

    A folder first gets a hidden name, so that it is gone at once: a process that is killed on the
    way never leaves half of it in its place.
    """
    doomed = path.with_name(f".{path.name}.deleted")
    discard(doomed)  # left by a process that was killed
    if path.is_dir():
        os.replace(path, doomed)
        discard(doomed)
    else:
        discard(path)


def discard(path: Path) -> None:
    """Delete a file, or a folder file by file, if it is there."""
    shutil.rmtree(path, ignore_errors=True)
    path.unlink(missing_ok=True)


def save_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all."""
    text = json.dumps(value, indent=2) + "\n"
    write_atomically(path, lambda file: file.write_text(text, encoding="utf-8"))


def load_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds an object; an empty dictionary if there is none."""
    if not path.exists():
        return {}
    with read_errors(path):
        value = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(value, dict):
            raise TypeError("it holds no JSON object")
        return value


def load_record(path: Path, load: Callable[[Path], dict[str, Any]] = load_json) -> dict[str, Any]:
    """Read a file that a run keeps for the record; an empty dictionary if there is none.

    A damaged one counts as none, and is told: the run can do without it, and writes it again.
    """
    try:
        return load(path)
    except TweetsentError as error:
        what = str(error).partition(": ")[0]
        note(f"{what}: it is written again")
        return {}


def save_yaml(path: Path, values: dict[str, Any]) -> None:
    """Write a dictionary as YAML, in its own order, whole or not at all."""
    text = yaml.safe_dump(values, sort_keys=False)
    write_atomically(path, lambda file: file.write_text(text, encoding="utf-8"))


def load_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file of `name: value` lines; an empty dictionary if there is none."""
    with read_errors(path):
        return dict(parse_yaml(path.read_text(encoding="utf-8"))) if path.exists() else {}
