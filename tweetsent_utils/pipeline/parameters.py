"""The parameters of a run: the type, the range and the default of each, checked."""

import csv
import difflib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import yaml
from annotated_types import Ge, Le
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from tweetsent_utils.errors import TweetsentError, quote, user_error
from tweetsent_utils.files import parse_yaml, read_whole_file
from tweetsent_utils.paths import PROJECT_ROOT

MOST_BYTES = 100_000  # of a parameter file; all parameters take a thirtieth
MOST_CHARACTERS = 10_000  # of a value that is given as text
MOST_NAMES = 10_000  # in a list
FILES = ("train_file", "test_file", "encoder")  # an encoder may be a folder


def write_out_numbers(value: Any) -> Any:
    """Turn whole numbers in a list into text: the label 1 is a name (and `no` is False to YAML)."""
    if not isinstance(value, list):
        return value
    return [str(item) if type(item) is int else item for item in value]


def read_text(text: str, kind: type) -> Any:
    """Read a value of a type that came as text; what cannot be read comes back as it is."""
    value = text
    if len(text) <= MOST_CHARACTERS:
        with suppress(ValueError, yaml.YAMLError, RecursionError):
            value = float(text) if kind is float else parse_yaml(text)
        if kind is list and not isinstance(value, list) and text.lstrip()[:1] not in ("[", "{"):
            return split_at_commas(text)
    return value


def split_at_commas(text: str) -> list[str]:
    """Return the names in a text such as `low, high`; a name in double quotes may have commas."""
    rows = csv.reader(text.splitlines(), skipinitialspace=True)
    return [name.strip() for row in rows for name in row if name.strip()]


MOST_COUNTED = 10**6
Count = Annotated[int, Field(ge=1, le=MOST_COUNTED)]
AutoCount = Count | Literal["auto"]
Limit = Annotated[int, Field(ge=0, le=10**9)]
Share = Annotated[float, Field(ge=0, le=0.9)]
Names = Annotated[
    list[str],
    Field(max_length=MOST_NAMES),
    BeforeValidator(write_out_numbers),
]


class Parameters(BaseModel):
    """Every parameter that a notebook declares; its comment there says what it does."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    run_name: str = "quick"

    # The files, and where text, label and day are in them
    train_file: str = "data/sample/Corona_NLP_train.csv"
    test_file: str = "data/sample/Corona_NLP_test.csv"
    text_column: str = "OriginalTweet"
    label_column: str = "Sentiment"
    date_column: str = "TweetAt"
    encoding: str = ""
    label_order: Names = [
        "Extremely Negative",
        "Negative",
        "Neutral",
        "Positive",
        "Extremely Positive",
    ]

    # From text to tokens
    encoder: str = "all-MiniLM-L6-v2"
    cleaning: Literal["raw", "repaired", "words"] = "raw"
    max_length: int = Field(128, ge=3, le=10**5)  # [CLS], one token, [SEP]

    # The split
    validation_split: Literal["random", "latest"] = "random"
    validation_rows: Count = 5000
    validation_share: float = Field(0.2, ge=0.001, le=0.9)
    max_train_rows: Limit = 1200
    max_eval_rows: Limit = 0
    seed: int = Field(0, ge=0, le=2**32 - 1)  # what NumPy takes

    # The machine
    device: str = "auto"
    precision: Literal["auto", "bf16", "fp32"] = "auto"

    # The training
    batch_size: Count = 16
    num_epochs: AutoCount = "auto"
    max_lr: float = Field(3e-4, ge=1e-9, le=1.0)
    micro_batch_size: Limit = 0
    warmup_ratio: Share = 0.1
    weight_decay: float = Field(0.01, ge=0.0, le=1.0)
    label_smoothing: Share = 0.0
    class_weights: Literal["none", "balanced"] = "none"
    attention_dropout: Share = 0.1
    hidden_dropout: Share = 0.1
    pooling: Literal["cls", "mean"] = "cls"
    rotation: float = Field(0.0, ge=0.0, le=1.0)
    patience: Limit = 0
    save_every: Count = 500
    eval_batch_size: Count = 64

    # The label audit, and the comparison of runs
    audit_rows: Limit = 1000
    explained_rows: Limit = 60
    runs: Names = ["*", "reference/minilm-*"]

    @model_validator(mode="before")
    @classmethod
    def parse_text(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Read the values that came as text, such as those of `-p`, in their parameter's type."""
        parsed = dict(values)
        for name, value in values.items():
            kind = cls.model_fields[name].annotation if name in cls.model_fields else str
            if isinstance(value, str) and kind is not str and get_origin(kind) is not Literal:
                parsed[name] = read_text(value, get_origin(kind) or kind)
        return parsed

    @model_validator(mode="after")
    def refuse_contradictions(self) -> "Parameters":
        """Refuse values that are fine one by one and not together; defaults are not held to it."""
        labels = self.label_order
        if labels and len({label.strip().casefold() for label in labels}) < max(len(labels), 2):
            what = f"label_order is {quote(labels)}"
            raise TweetsentError(f"{what}: name two or more classes, each once, or none")
        for one, other in (("train_file", "test_file"), ("text_column", "label_column")):
            are_given = {one, other} <= self.model_fields_set
            if are_given and getattr(self, one) == getattr(self, other):
                what = f"{one} and {other} are both {quote(getattr(self, one))}"
                raise TweetsentError(f"{what}: name two different ones")
        return self


def check_parameters(values: dict[str, Any]) -> dict[str, Any]:
    """Return values by name, each in its parameter's type.

    Raises `TweetsentError` for an unknown name, a value of the wrong type or out of its range, and
    values that contradict each other.
    """
    for name in values:  # not all of them need be text: YAML has other keys
        if name not in Parameters.model_fields:
            near = difflib.get_close_matches(quote(name).strip("'"), Parameters.model_fields, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "configs/quick.yaml names them all"
            raise TweetsentError(f"no notebook declares a parameter {quote(name)}: {hint}")
    try:
        checked = Parameters(**values)
    except ValidationError as error:
        raise TweetsentError(describe_error(error, values)) from None
    return {name: getattr(checked, name) for name in values}


def describe_error(error: ValidationError, values: dict[str, Any]) -> str:
    """Return the first thing that is wrong with some values: which, and what to give instead."""
    first = error.errors()[0]
    name = str(first["loc"][0])
    what = f"{name} is {quote(values[name])}"
    field = Parameters.model_fields[name]
    if field.annotation == AutoCount:
        return f"{what}: give a value between 1 and {MOST_COUNTED:,}, or 'auto'"
    if first["type"] == "literal_error":
        return f"{what}: choose one of {', '.join(get_args(field.annotation))}"
    if first["type"] in ("greater_than_equal", "less_than_equal", "finite_number"):
        least, most = range_of(field)
        return f"{what}: give a value between {least:,} and {most:,}"
    if first["type"] == "too_long":
        return f"{what}: name at most {MOST_NAMES:,}"
    kind = get_origin(field.annotation) or field.annotation
    return f"{what}: give a value of type {kind.__name__}, such as {field.default!r}"


def range_of(field: FieldInfo) -> tuple[float, float]:
    """Return the smallest and the largest value of a number."""
    least = next(bound.ge for bound in field.metadata if isinstance(bound, Ge))
    most = next(bound.le for bound in field.metadata if isinstance(bound, Le))
    return least, most


def default_parameters() -> dict[str, Any]:
    """Return every parameter with its default."""
    return Parameters().model_dump()


def gather_parameters(
    file: Path | None = None,
    overrides: Iterable[tuple[str, Any]] = (),
    run_name: str | None = None,
) -> dict[str, Any]:
    """Return all parameters: the defaults, then a YAML file, `-p` and `--run`, later ones winning.

    Raises `TweetsentError` for a file that cannot be read, and what `check_parameters` refuses.
    """
    given = load_parameter_file(Path(os.path.expanduser(file))) if file else {}
    given |= dict(overrides)
    if run_name is not None:
        given["run_name"] = run_name
    defaults = default_parameters()
    for name in FILES:
        if name in given and given[name] != defaults[name]:
            given[name] = find_here(given[name])
    return check_parameters(defaults | given)


def find_here(path: Any) -> Any:
    """Return the absolute path of what is in the working directory; anything else as it is.

    The kernels work in another folder. What the project has at this very place keeps its name, so
    that the records of a run are the same on every machine.
    """
    if not isinstance(path, str) or not path:
        return path
    here = os.path.abspath(path)
    is_of_project = here == os.path.normpath(PROJECT_ROOT / path)
    return here if os.path.exists(here) and not is_of_project else path


def load_parameter_file(file: Path) -> dict[str, Any]:
    """Return the parameters in a YAML file of `name: value` lines."""
    if not file.exists():
        what = f"there is no file {file.absolute()}"
        raise TweetsentError(f"{what}: name a file of parameters, such as configs/quick.yaml")
    kinds = (yaml.YAMLError, ValueError, TypeError, OSError)
    what = f"{file} does not hold YAML of `name: value` lines"
    with user_error(what, "see configs/quick.yaml", *kinds):
        data = read_whole_file(file)
        if len(data) > MOST_BYTES:
            raise ValueError(f"it has {len(data):,} bytes, and {MOST_BYTES:,} are allowed")
        return dict(parse_yaml(data.decode("utf-8-sig")) or {})
