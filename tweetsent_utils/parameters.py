"""The parameters of a run: what the notebooks declare, checked against what the user gives."""

import difflib
from pathlib import Path
from typing import Any

import yaml

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.runs import declared_parameters, notebooks

LEAST = dict.fromkeys(("batch_size", "eval_batch_size", "num_epochs", "validation_rows"), 1)
LEAST |= {
    "max_length": 3,
    "max_train_rows": 0,
    "max_eval_rows": 0,
}  # a tweet needs [CLS], one token, [SEP]; 0: all rows


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
    try:
        if isinstance(value, str) and wanted is not str:
            value = float(value) if wanted is float else yaml.safe_load(value)
    except (ValueError, yaml.YAMLError):
        pass
    if wanted is float and type(value) is int:
        value = float(value)
    of = known[name][:1] if wanted is list else []  # such as a label `no`, which YAML takes for False
    if type(value) is not wanted or (of and any(type(item) is not type(of[0]) for item in value)):
        raise TweetsentError(f"{name} takes a value of type {wanted.__name__}, such as {known[name]!r}, not {value!r}")
    if name in LEAST and value < LEAST[name]:
        raise TweetsentError(f"{name} must be at least {LEAST[name]}, not {value!r}")
    return value


def gather_parameters(
    file: Path | None = None, overrides: list[tuple[str, str]] | None = None, run_name: str | None = None
) -> dict[str, Any]:
    """Merge the notebooks' defaults, a YAML file, `-p` overrides and `--run`, later ones winning; all checked."""
    known = known_parameters()
    given = read_parameters(file) if file else {}
    given |= dict(overrides or []) | ({"run_name": run_name} if run_name else {})
    return known | {name: coerce(name, value, known) for name, value in given.items()}


def read_parameters(file: Path) -> dict[str, Any]:
    """Read a YAML file of `name: value` lines."""
    remedy = "see notebooks/params/quick.yaml for one"
    if not file.is_file():
        raise TweetsentError(f"{file} is not a file of parameters: {remedy}")
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TweetsentError(f"{file} is not YAML ({' '.join(str(error).split())}): {remedy}") from None
    if not isinstance(values, dict):
        raise TweetsentError(f"{file} holds no `name: value` lines: {remedy}")
    return values
