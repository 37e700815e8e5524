"""The parameters of a run: the type, the range and the default of each, checked."""

import difflib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import yaml
from annotated_types import Ge, Le
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from tweetsent_utils.errors import TweetsentError, user_error


def write_out_numbers(value: Any) -> Any:
    """Turn whole numbers in a list into text: the label 1 is a name (and `no` is False to YAML)."""
    if not isinstance(value, list):
        return value
    return [str(item) if type(item) is int else item for item in value]


Count = Annotated[int, Field(ge=1, le=10**6)]
Limit = Annotated[int, Field(ge=0, le=10**9)]
Share = Annotated[float, Field(ge=0, le=0.9)]
Names = Annotated[list[str], BeforeValidator(write_out_numbers)]


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
    num_epochs: Count | Literal["auto"] = "auto"
    max_lr: float = Field(3e-4, ge=1e-9, le=1.0)
    micro_batch_size: Limit = 0
    warmup_ratio: Share = 0.1
    weight_decay: float = Field(0.01, ge=0.0, le=1.0)
    label_smoothing: Share = 0.0
    class_weights: Literal["none", "balanced"] = "none"
    attention_dropout: Share = 0.1
    pooling: Literal["cls", "mean"] = "cls"
    rotation: float = Field(0.0, ge=0.0, le=1.0)
    patience: Limit = 0
    save_every: Count = 500
    eval_batch_size: Count = 64
    profile: bool = False

    # The label audit, and the comparison of runs
    audit_rows: Limit = 1000
    explained_rows: Limit = 100
    runs: Names = ["*", "reference/minilm-*"]

    @model_validator(mode="before")
    @classmethod
    def parse_text(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Read the values that came as text, such as those of `-p`, in their parameter's type."""
        parsed = dict(values)
        for name, value in values.items():
            kind = cls.model_fields[name].annotation if name in cls.model_fields else str
            if isinstance(value, str) and kind is not str and get_origin(kind) is not Literal:
                with suppress(ValueError, yaml.YAMLError):  # then the type is refused below
                    parsed[name] = float(value) if kind is float else yaml.safe_load(value)
        return parsed

    @model_validator(mode="after")
    def refuse_contradictions(self) -> "Parameters":
        """Refuse values that are fine one by one and not together; defaults are not held to it."""
        labels = self.label_order
        if labels and len({label.strip().casefold() for label in labels}) < max(len(labels), 2):
            what = f"label_order is {labels!r}"
            raise TweetsentError(f"{what}: name two or more classes, each once, or none")
        for one, other in (("train_file", "test_file"), ("text_column", "label_column")):
            are_given = {one, other} <= self.model_fields_set
            if are_given and getattr(self, one) == getattr(self, other):
                what = f"{one} and {other} are both {getattr(self, one)!r}"
                raise TweetsentError(f"{what}: name two different ones")
        return self


def check_parameters(values: dict[str, Any]) -> dict[str, Any]:
    """Return values by name, each in its parameter's type.

    Raises `TweetsentError` for an unknown name, a value of the wrong type or out of its range, and
    values that contradict each other.
    """
    for name in values:  # not all of them need be text: YAML has other keys
        if name not in Parameters.model_fields:
            near = difflib.get_close_matches(str(name), Parameters.model_fields, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "configs/quick.yaml names them all"
            raise TweetsentError(f"no notebook declares a parameter {name!r}: {hint}")
    try:
        checked = Parameters(**values)
    except ValidationError as error:
        raise TweetsentError(describe_error(error, values)) from None
    return {name: getattr(checked, name) for name in values}


def describe_error(error: ValidationError, values: dict[str, Any]) -> str:
    """Return the first thing that is wrong with some values: which, and what to give instead."""
    first = error.errors()[0]
    name = str(first["loc"][0])
    value = values[name]
    field = Parameters.model_fields[name]
    if first["type"] == "literal_error":
        return f"{name} is {value!r}: choose one of {', '.join(get_args(field.annotation))}"
    if first["type"] in ("greater_than_equal", "less_than_equal", "finite_number"):
        least, most = range_of(field)
        return f"{name} is {value!r}: give a value between {least:,} and {most:,}"
    kind = get_origin(field.annotation) or field.annotation
    return f"{name} is {value!r}: give a value of type {kind.__name__}, such as {field.default!r}"


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
    given = load_parameter_file(file) if file else {}
    given |= dict(overrides)
    if run_name is not None:
        given["run_name"] = run_name
    return check_parameters(default_parameters() | given)


def load_parameter_file(file: Path) -> dict[str, Any]:
    """Return the parameters in a YAML file of `name: value` lines."""
    if not file.exists():
        what = f"there is no file {file.absolute()}"
        raise TweetsentError(f"{what}: name a file of parameters, such as configs/quick.yaml")
    kinds = (yaml.YAMLError, ValueError, TypeError, OSError)
    what = f"{file} does not hold YAML of `name: value` lines"
    with user_error(what, "see configs/quick.yaml", *kinds):
        return dict(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
