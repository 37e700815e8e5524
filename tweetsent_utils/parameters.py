"""The parameters of a run: what the notebooks declare, checked against what the user gives."""

import ast
import difflib
import itertools
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from tweetsent_utils.cleaning import CLEANINGS
from tweetsent_utils.errors import TweetsentError, told
from tweetsent_utils.files import NOTEBOOKS, load_json

RANGES = dict.fromkeys(("batch_size", "eval_batch_size", "num_epochs", "validation_rows", "save_every"), (1, 10**6))
COUNTS = ("max_train_rows", "max_eval_rows", "micro_batch_size", "patience", "audit_rows", "explained_rows")
RANGES |= dict.fromkeys(COUNTS, (0, 10**9))
RANGES |= dict.fromkeys(("label_smoothing", "attention_dropout", "warmup_ratio"), (0.0, 0.9))
RANGES |= {"max_lr": (1e-9, 1.0), "weight_decay": (0.0, 1.0), "rotation": (0.0, 1.0), "validation_share": (0.001, 0.9)}
RANGES |= {"seed": (0, 2**32 - 1), "max_length": (3, 10**5)}  # what NumPy takes; [CLS], one token, [SEP]
CHOICES = {"cleaning": CLEANINGS, "precision": ("auto", "bf16", "fp32")}
CHOICES |= {"pooling": ("cls", "mean"), "validation_split": ("random", "latest")}


def notebooks() -> list[Path]:
    """Return the numbered notebooks in their order."""
    return sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))


def declared_parameters(notebook: Path) -> dict[str, Any]:
    """Return the names and default values in a notebook's cell tagged `parameters`, in their order."""
    tagged = [cell for cell in load_json(notebook)["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    what = f"{notebook.name}: the cell tagged parameters cannot be read"
    with told(what, "write plain lines there, such as seed = 0", SyntaxError, ValueError, AttributeError):
        lines = ast.parse("".join(tagged[0]["source"]) if tagged else "").body
        return {line.targets[0].id: ast.literal_eval(line.value) for line in lines if isinstance(line, ast.Assign)}


def known_parameters() -> dict[str, Any]:
    """Return every parameter that a notebook declares, with its default."""
    return {name: value for path in notebooks() for name, value in declared_parameters(path).items()}


def coerce(name: str, value: Any, known: dict[str, Any]) -> Any:
    """Return a parameter's value in the type of its default, or refuse it with one sentence.

    >>> coerce("max_lr", "3e-4", {"max_lr": 0.1})
    0.0003
    """
    if name not in known:
        near = [f": did you mean {match!r}?" for match in difflib.get_close_matches(str(name), known, n=1)]
        raise TweetsentError(f"no notebook declares a parameter {name!r}" + "".join(near))
    wanted = type(known[name])
    if isinstance(value, str) and wanted is not str:
        with suppress(ValueError, yaml.YAMLError):
            value = float(value) if wanted is float else yaml.safe_load(value)
    value = float(value) if wanted is float and type(value) is int else value
    names = value if wanted is list is type(value) else []  # the label 1 is a name, and `no` is False to YAML
    if type(value) is not wanted or any(type(item) not in (str, int) for item in names):
        raise TweetsentError(f"{name} is {value!r}: give a value of type {wanted.__name__}, such as {known[name]!r}")
    least, most = RANGES.get(name, (value, value))
    if not least <= value <= most:  # nor is NaN
        raise TweetsentError(f"{name} is {value!r}: give a value between {least:,} and {most:,}")
    if value not in CHOICES.get(name, (value,)):
        raise TweetsentError(f"{name} is {value!r}: choose one of {', '.join(CHOICES[name])}")
    return [str(item) for item in value] if names else value


def check_parameters(values: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Return all values in the types of their defaults; refuse a wrong one, and those that contradict each other."""
    values = {name: coerce(name, value, known) for name, value in values.items()}
    labels = values.get("label_order", [])
    if labels and len({label.strip().casefold() for label in labels}) < max(len(labels), 2):
        raise TweetsentError(f"label_order is {labels!r}: name two or more classes, each once, or none")
    for one, other in (("train_file", "test_file"), ("text_column", "label_column")):
        if one in values and values[one] == values.get(other):
            raise TweetsentError(f"{one} and {other} are both {values[one]!r}: name two different ones")
    return values


def gather_parameters(file: Path | None = None, overrides: Sequence = (), run_name: str = "") -> dict[str, Any]:
    """Merge the notebooks' defaults, a YAML file, `-p` overrides and `--run`, later ones winning; all checked."""
    known, given = known_parameters(), {}
    if file:
        what, remedy = f"{file} does not hold YAML of `name: value` lines", "see notebooks/params/quick.yaml"
        with told(what, remedy, yaml.YAMLError, ValueError, TypeError, OSError):
            given = dict(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
    given |= dict(overrides) | ({"run_name": run_name} if run_name else {})
    return check_parameters(known | given, known)


def spread_parameters(parameters: dict[str, Any], sweeps: Sequence[str]) -> list[dict[str, Any]]:
    """Return the parameters of one run per combination of values, named after them; a sweep is `NAME=VALUE,VALUE`.

    Without a sweep, the parameters themselves come back. Raises `TweetsentError` for a sweep that cannot be made.
    """
    pairs, known = [sweep.partition("=")[::2] for sweep in sweeps], known_parameters()
    for name, values in pairs:
        if name == "run_name" or not values or [other for other, _ in pairs].count(name) > 1:
            raise TweetsentError(f"the sweep {name}={values} cannot be made: give NAME=VALUE,VALUE, each name once")
    axes = [[(name, coerce(name, value, known)) for value in values.split(",")] for name, values in pairs]
    runs = []
    for chosen in itertools.product(*axes):
        parts = [re.sub(r"[^\w.]+", "-", f"-{name}-{value}") for name, value in chosen]
        runs.append(parameters | dict(chosen) | {"run_name": "".join([parameters["run_name"], *parts])})
    return [check_parameters(run, known) for run in runs]
