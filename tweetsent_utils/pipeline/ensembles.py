"""The folder of an ensemble: made from what its members have left, without their models."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from tweetsent_utils.data.split_files import load_meta, load_split
from tweetsent_utils.errors import TweetsentError, quote_names
from tweetsent_utils.evaluation.ensemble import (
    average_predictions,
    gain_margin,
    gain_on_shared_rows,
    have_same_rows,
    measure_gain,
    score_probabilities,
    summarize_members,
)
from tweetsent_utils.evaluation.predictions import FILES, join_predictions, save_predictions
from tweetsent_utils.files import (
    delete,
    load_json,
    load_yaml,
    save_json,
    write_atomically,
    write_errors,
)
from tweetsent_utils.pipeline.report import duration
from tweetsent_utils.pipeline.runs import ENSEMBLE, ENSEMBLE_TEXT, save_metrics

PARTS = ("validation", "test")
SHOWN = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "loss": "loss",
    "calibration_error": "calibration error",
}
OTHER_ROWS = "validation: each seed held back its own rows;"


class AveragedPart(NamedTuple):
    """What an ensemble comes to on its validation or its test texts.

    `predictions` and their `scores` are None where the members have held back different rows.
    """

    predictions: pd.DataFrame | None
    scores: dict[str, float] | None
    members: dict[str, dict]
    gain: dict[str, float]


def write_ensemble(folder: Path, runs: Sequence[Path]) -> None:
    """Write into a folder what an ensemble of finished runs predicts, gains and costs.

    `predictions.csv` and `metrics.json` are like those of a run; `ensemble.json` names the members,
    and `ensemble.txt` says what came out. There are validation scores, and
    `validation_predictions.csv`, where all members have held back the same rows. Else some were
    trained on rows that others were validated on, and there is the gain on those rows alone that
    several have held back: see `gain_on_shared_rows`. Raises `TweetsentError` where a member lacks
    something, and where members have other classes or other test texts.
    """
    made_with = {run.name: load_meta(run) for run in runs}
    require_same_classes(made_with)
    answers = {part: read_predictions(runs, part) for part in PARTS}
    require_same_texts(answers["test"])
    label_order = made_with[runs[0].name]["label_order"]
    ordered = made_with[runs[0].name]["ordered"]
    averaged = {
        part: average_part(members, label_order, ordered) for part, members in answers.items()
    }
    metrics = gather_metrics(averaged, runs)

    for part, found in averaged.items():
        if found.predictions is not None:
            save_predictions(folder, part, found.predictions)
        else:
            with write_errors(folder):
                delete(folder / FILES[part])  # it is of an earlier ensemble
    save_metrics(folder, metrics)
    save_json(folder / ENSEMBLE, describe_members(runs))  # not before the scores are theirs
    text = describe_ensemble(metrics, folder)
    write_atomically(
        folder / ENSEMBLE_TEXT,
        lambda file: file.write_text(text, encoding="utf-8"),
    )


def average_part(
    members: Mapping[str, pd.DataFrame],
    label_order: Sequence[str],
    ordered: bool,
) -> AveragedPart:
    """Average the members' predictions for their validation or test texts, and score the mean."""
    scores = {
        name: score_probabilities(table, label_order, ordered) for name, table in members.items()
    }
    summary = summarize_members(scores)
    tables = list(members.values())
    if not have_same_rows(tables):
        return AveragedPart(None, None, summary, gain_on_shared_rows(tables, label_order))
    predictions = average_predictions(tables, label_order)
    own = score_probabilities(predictions, label_order, ordered)
    gain = measure_gain(own, summary["mean"])
    gain["accuracy_margin"] = gain_margin(tables, predictions)
    return AveragedPart(predictions, own, summary, gain)


def gather_metrics(averaged: Mapping[str, AveragedPart], runs: Sequence[Path]) -> dict[str, Any]:
    """Return the content of an ensemble's `metrics.json`.

    A gain on rows that only some members have held back is that of the part `shared_validation`.
    """
    metrics: dict[str, Any] = {}
    gain = {}
    for part, found in averaged.items():
        if found.scores is None:
            gain[f"shared_{part}"] = found.gain
        else:
            metrics[part] = found.scores
            gain[part] = found.gain
    members = {part: found.members for part, found in averaged.items()}
    return metrics | {"members": members, "gain": gain, "cost": add_up_costs(runs)}


def read_predictions(runs: Sequence[Path], part: str) -> dict[str, pd.DataFrame]:
    """Return the predictions of each run for its `validation` or `test` texts, with the texts."""
    return {run.name: join_predictions(run, part, load_split(run, part)) for run in runs}


def require_same_classes(made_with: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse members whose classes differ, or their order: their probabilities are no pairs."""
    (first, expected), *others = made_with.items()
    for name, meta in others:
        if meta["label_order"] != expected["label_order"]:
            both = [quote_names(known["label_order"]) for known in (expected, meta)]
            what = f"{first} has the classes {both[0]}, and {name} has {both[1]}"
            raise TweetsentError(f"{what}: run both again on the same file (--from 01)")


def require_same_texts(members: Mapping[str, pd.DataFrame]) -> None:
    """Refuse members that were tested on different texts."""
    (first, expected), *others = members.items()
    for name, table in others:
        if not have_same_rows([expected, table]):
            what = f"{first} and {name} were tested on different texts or labels"
            raise TweetsentError(f"{what}: run both again on the same files (--from 01)")


def describe_members(runs: Sequence[Path]) -> dict[str, Any]:
    """Return which runs an ensemble averages, each with its seed."""
    seeds = {run.name: load_yaml(run / "params.yaml").get("seed") for run in runs}
    return {"members": [{"run": name, "seed": seed} for name, seed in seeds.items()]}


def add_up_costs(runs: Sequence[Path]) -> dict[str, Any]:
    """Return what an ensemble costs: seconds of training, times of scoring, bytes of models.

    `training_seconds` is the sum over the members' training loops, or None where one is not noted.
    """
    clocks = [load_json(run / "timings.json").get("training", {}) for run in runs]
    seconds = [clock.get("seconds") for clock in clocks]
    files = [file for run in runs for file in (run / "model").rglob("*") if file.is_file()]
    return {
        "training_seconds": None if None in seconds else sum(seconds),
        "scoring_times": len(runs),
        "model_bytes": sum(file.stat().st_size for file in files),
    }


def describe_ensemble(metrics: Mapping[str, Any], folder: Path) -> str:
    """Return in a few lines what an ensemble gains and what it costs."""
    cost = metrics["cost"]
    lines = [f"an ensemble of {cost['scoring_times']} seeds, in {folder}"]
    for part in ("test", "validation"):
        if part in metrics:
            lines += tabulate_gain(part, metrics)
    if "validation" not in metrics:
        lines += describe_shared_rows(metrics["gain"]["shared_validation"])
    margin = "gain: how much better than the members' mean; ±: its 95% interval over these texts"
    return "\n".join([*lines, margin, describe_cost(cost)]) + "\n"


def describe_shared_rows(gain: Mapping[str, float]) -> list[str]:
    """Return in two lines what averaging gains on rows that several members have held back."""
    if not gain["rows"]:
        return [f"{OTHER_ROWS} none is shared,", "so there is no validation score"]
    accuracy = f"{gain['accuracy']:+.3f} ± {gain['accuracy_margin']:.3f}"
    shared = f"{gain['rows']:,} rows, by {gain['members_per_row']:.1f} seeds each"
    return [
        f"{OTHER_ROWS} where several held back the same",
        f"({shared}), their mean gains {accuracy} in accuracy",
    ]


def tabulate_gain(part: str, metrics: Mapping[str, Any]) -> list[str]:
    """Return the lines of a table: members, ensemble and gain on the `test` or other texts."""
    members, gain = metrics["members"][part], metrics["gain"][part]
    heading = f"{metrics[part]['rows']:,} {part} texts"
    lines = [f"{heading:26}{'members: mean ± std':22}{'ensemble':11}gain"]
    for name, shown in SHOWN.items():
        spread = f"{members['mean'][name]:.3f} ± {members['std'][name]:.3f}"
        line = f"{shown:26}{spread:22}{metrics[part][name]:<11.3f}{gain[name]:+.3f}"
        if name == "accuracy":
            line += f" ± {gain['accuracy_margin']:.3f}"
        lines.append(line)
    return lines


def describe_cost(cost: Mapping[str, Any]) -> str:
    """Return in words what an ensemble costs."""
    seconds = cost["training_seconds"]
    training = "unknown time" if seconds is None else duration(seconds)
    times = f"{cost['scoring_times']} times the scoring time of one model"
    size = f"{cost['model_bytes'] / 1e6:,.0f} MB of models"
    return f"cost: {training} of training in sum, {times}, {size}"
