"""The facts of a run that its report states, computed from the files that the run left."""

from collections.abc import Container
from pathlib import Path
from typing import Any

import pandas as pd

from tweetsent_utils.data.split_files import load_split
from tweetsent_utils.evaluation.predictions import load_predictions
from tweetsent_utils.files import load_json, load_yaml, read_errors
from tweetsent_utils.paths import short_path
from tweetsent_utils.pipeline.parameters import default_parameters
from tweetsent_utils.pipeline.runs import load_metrics

PARTS = ("train", "validation", "test")
SURE = (0.5, 0.7, 0.9, 0.95, 0.99)  # least probabilities of an answer
MOST_CONFUSIONS = 3
MUCH_CUT = 0.01  # of the training texts
FEW = 30  # test rows, below which a score says little
TOLERANCE = 0.05  # between how sure and how right a model is
SCARCE = 10  # training rows of a class, below which it can hardly be learned
COLUMNS = ("text_column", "label_column", "date_column", "label_order")
NAMED_ANYWAY = ("run_name", "train_file", "test_file", *COLUMNS)  # in a report's sentences


def gather_facts(folder: Path) -> dict[str, Any]:
    """Return what the report of a run states, by name.

    What the run has not come to, such as the test scores of a sweep, is None or empty. Raises
    `TweetsentError` if the run has not trained, or its scores are damaged.
    """
    metrics = load_metrics(folder)
    parameters = load_yaml(folder / "params.yaml")
    meta = load_json(folder / "dataset" / "meta.json")
    splits = load_splits(folder)
    labels = [str(label) for label in meta.get("label_order") or metrics.get("per_class", [])]
    predictions = load_table(folder)
    classes = describe_classes(labels, splits, metrics)
    rare = [row["name"] for row in classes if 0 < row["rows"].get("train", 0) < SCARCE]
    test = describe_test(metrics)
    training = describe_training(folder, metrics)
    return {
        "run": folder.name,
        "folder": short_path(folder),
        "is_in_project": not Path(short_path(folder)).is_absolute(),
        "parameters": parameters,
        "changed": changed_parameters(parameters),
        "train_name": file_name(parameters.get("train_file")),
        "test_name": file_name(parameters.get("test_file")),
        "meta": meta,
        "rows": meta.get("rows", {}),
        "labels": labels,
        "is_ordered": bool(meta.get("ordered")) and len(labels) > 2,
        "classes": classes,
        "rare": rare,
        "lengths": describe_lengths(splits),
        "days": describe_days(splits),
        "metrics": metrics,
        "test": test,
        "confusions": find_confusions(predictions, labels),
        "near": share_near(predictions),
        "sureness": describe_sureness(predictions),
        "slices": describe_slices(metrics),
        "confidence": mean_confidence(predictions),
        "training": training,
        "audit": load_json(folder / "audit.json").get("audit", {}),
        "rows_in_file": load_json(folder / "audit.json").get("rows", {}).get("train"),
        "environment": load_json(folder / "environment.json"),
        "few": FEW,
        "scarce": SCARCE,
        "tolerance": TOLERANCE,
    }


def load_splits(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the parts of a run's dataset that are there."""
    files = {part: folder / "dataset" / f"{part}.parquet" for part in PARTS}
    return {part: load_split(folder, part) for part, file in files.items() if file.exists()}


def load_table(folder: Path) -> pd.DataFrame | None:
    """Return the predictions of a run for its test texts, or None if it has made none."""
    if not (folder / "predictions.csv").exists():
        return None
    return load_predictions(folder, "test")


def file_name(path: object) -> str:
    """Return the name of a file without its folder; "" for none."""
    return Path(str(path)).name if path else ""


def changed_parameters(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parameters that differ from their defaults: name, value and default.

    Files and their columns are left out.
    """
    defaults = default_parameters()
    return [
        {"name": name, "value": value, "default": defaults.get(name)}
        for name, value in parameters.items()
        if name not in NAMED_ANYWAY and value != defaults.get(name)
    ]


def describe_classes(
    labels: list[str],
    splits: dict[str, pd.DataFrame],
    metrics: dict[str, Any],
) -> list[dict[str, Any]]:
    """Return for each class its rows by part, its share of the training rows, and its scores."""
    counts = {part: table["label"].value_counts() for part, table in splits.items()}
    total = len(splits["train"]) if "train" in splits else 0
    classes = []
    for rank, label in enumerate(labels):
        scores = metrics.get("per_class", {}).get(label, {})
        rows = {part: int(counts[part].get(rank, 0)) for part in counts}
        share = rows["train"] / total if total else scores.get("training_share")
        classes.append({"name": label, "rows": rows, "share": share, **renamed(scores)})
    return classes


def renamed(scores: dict[str, float]) -> dict[str, float]:
    """Return a class's scores by names that a template can write."""
    names = {"precision": "precision", "recall": "recall", "f1-score": "f1", "support": "support"}
    return {names[name]: value for name, value in scores.items() if name in names}


def describe_lengths(splits: dict[str, pd.DataFrame]) -> dict[str, int] | None:
    """Return how many characters the training texts have: half of them at most, and so on."""
    if not len(splits.get("train", [])):
        return None
    lengths = splits["train"]["text"].str.len()
    return {
        "shortest": int(lengths.min()),
        "median": int(lengths.median()),
        "most": int(lengths.quantile(0.95)),
        "longest": int(lengths.max()),
    }


def describe_days(splits: dict[str, pd.DataFrame]) -> dict[str, dict[str, str]]:
    """Return the first and the last day of each part that has days."""
    found = {}
    for part, table in splits.items():
        days = table["day"][table["day"] != ""]
        if len(days):
            found[part] = {"first": days.min(), "last": days.max()}
    return found


def describe_test(metrics: dict[str, Any]) -> dict[str, Any] | None:
    """Return how the model does on the test rows next to the baselines, or None without a score."""
    if "test" not in metrics:
        return None
    test = metrics["test"]
    baselines = metrics.get("baselines", {})
    interval = metrics.get("intervals", {}).get("accuracy", {})
    words = baselines.get("bag_of_words", {}).get("accuracy")
    found = test | {
        "right": round(test["accuracy"] * test["rows"]),
        "low": interval.get("low"),
        "high": interval.get("high"),
        "majority": baselines.get("majority", {}).get("accuracy"),
        "words": words,
    }
    if words is not None:
        found["gain"] = compare_with(words, test["accuracy"], interval.get("low"))
    return found


def compare_with(baseline: float, accuracy: float, low: float | None) -> str:
    """Tell how an accuracy, of which `low` is the lower bound, compares with a baseline's.

    >>> compare_with(0.5, 0.6, low=0.45)
    'luck'
    """
    if accuracy <= baseline:
        return "none"
    return "clear" if low is not None and low > baseline else "luck"


def find_confusions(
    predictions: pd.DataFrame | None,
    labels: list[str],
) -> list[dict[str, Any]]:
    """Return the commonest mistakes: the label, the answer, and how many texts got it."""
    if predictions is None:
        return []
    wrong = predictions[predictions["label"] != predictions["prediction"]]
    pairs = (
        wrong.groupby(["label", "prediction"]).size().sort_values(ascending=False, kind="stable")
    )
    return [
        {"label": labels[label], "answer": labels[answer], "texts": int(texts)}
        for (label, answer), texts in pairs.head(MOST_CONFUSIONS).items()
    ]


def share_near(predictions: pd.DataFrame | None) -> float | None:
    """Return the share of test texts whose answer is right or one class off."""
    if predictions is None or predictions.empty:
        return None
    distances = (predictions["label"] - predictions["prediction"]).abs()
    return float((distances <= 1).mean())


def describe_sureness(predictions: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Return for some least probabilities how many texts are answered, and how many rightly."""
    if predictions is None:
        return []
    is_right = predictions["label"] == predictions["prediction"]
    rows = []
    for least in SURE:
        is_sure = predictions["confidence"] >= least
        rows.append(
            {
                "least": least,
                "texts": int(is_sure.sum()),
                "share": float(is_sure.mean()) if len(predictions) else 0.0,
                "right": int((is_sure & is_right).sum()),
            }
        )
    return rows


def mean_confidence(predictions: pd.DataFrame | None) -> float | None:
    """Return the mean probability of the answers to the test texts."""
    if predictions is None or predictions.empty:
        return None
    return float(predictions["confidence"].mean())


def describe_slices(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the accuracy on each kind of text, and whether it is off the average beyond luck."""
    average = metrics.get("test", {}).get("accuracy")
    slices = []
    for name, scores in metrics.get("slices", {}).items():
        off = "worse" if scores["high"] < average else "better" if scores["low"] > average else ""
        slices.append({"name": name, "off": off, **scores})
    return slices


def describe_training(folder: Path, metrics: dict[str, Any]) -> dict[str, Any]:
    """Return how long a training took, and how its validation scores went."""
    timings = load_json(folder / "timings.json")
    found = metrics.get("training", {}) | timings.get("training", {})
    found["notebooks"] = timings.get("notebooks", {})
    file = folder / "history.csv"
    if file.exists():
        with read_errors(file):
            history = pd.read_csv(file)
            looks = history.dropna(subset=["validation_loss"])
            found["steps"] = int(history["step"].max())
            found["looks"] = len(looks)
            found["first"] = float(looks["validation_accuracy"].iloc[0])
            found["last"] = float(looks["validation_accuracy"].iloc[-1])
            found["best_step"] = int(looks.loc[looks["validation_loss"].idxmin(), "step"])
            found["last_step"] = int(looks["step"].iloc[-1])
    return found


def choose_advice(facts: dict[str, Any], shown: Container[str]) -> list[str]:
    """Return what somebody might try next; `shown` names what the report shows of the notebooks."""
    test, training = facts["test"], facts["training"]
    has_mistakes = test is not None and test["right"] < test["rows"]
    was_falling = training.get("looks", 0) > 1 and training["best_step"] == training["last_step"]
    advice = {
        "read": ("mistakes" in shown and has_mistakes) or "suspects" in shown,
        "label": bool(facts["rare"]) or (has_mistakes and len(facts["labels"]) > 1),
        "longer": was_falling and bool(training.get("epochs")) and bool(facts["rows"]),
        "cut": facts["meta"].get("share_cut", 0) > MUCH_CUT,
        "test": test is not None and test["rows"] < FEW,
    }
    return [name for name, holds in advice.items() if holds]
