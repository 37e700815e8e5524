"""The facts of a run that its report states, computed from the files that the run left."""

from collections.abc import Container
from pathlib import Path
from typing import Any

import pandas as pd

from tweetsent_utils.checksums import verify_file
from tweetsent_utils.data.split_files import load_split
from tweetsent_utils.evaluation.baselines import best_bag_of_words
from tweetsent_utils.evaluation.comparison import number_tasks
from tweetsent_utils.evaluation.predictions import load_predictions
from tweetsent_utils.evaluation.uncertainty import wilson_interval
from tweetsent_utils.files import load_json, load_yaml, read_errors
from tweetsent_utils.paths import short_path
from tweetsent_utils.pipeline.parameters import default_parameters
from tweetsent_utils.pipeline.runs import load_metrics

PARTS = ("train", "validation", "test")
SURE = (0.5, 0.7, 0.9, 0.95, 0.99)  # least probabilities of an answer
MOST_CONFUSIONS = 3
MUCH_CUT = 0.01  # of the training texts
FEW = 30  # test rows, below which a score says little
COMPARABLE = 100  # test rows, below which no model is said to be clearly better
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
    audited = load_json(folder / "audit.json")
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
        "weakest": find_weakest(classes),
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
        "suspects": count_suspects(folder),
        "audit": audited.get("audit", {}),
        "rows_in_file": count_rows_in_file(audited, parameters),
        "was_reduced": was_reduced(meta.get("rows", {}), audited, parameters),
        "others": list_comparable_runs(folder),
        "environment": load_json(folder / "environment.json"),
        "few": FEW,
        "comparable": COMPARABLE,
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


def find_weakest(classes: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the class of which the smallest share is found; None if fewer than two are tested."""
    judged = [row for row in classes if row.get("support") and "recall" in row]
    return min(judged, key=lambda row: row["recall"]) if len(judged) > 1 else None


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
    right = round(test["accuracy"] * test["rows"])
    low, high = wilson_interval(right, test["rows"])
    words = best_bag_of_words(baselines) if "bag_of_words" in baselines else None
    majority = baselines.get("majority", {}).get("accuracy")
    found = test | {
        "right": right,
        "low": low,
        "high": high,
        "majority": majority,
        "words": words,
    }
    if words is not None:
        found["gain"] = compare_with(max(words, majority or 0), test["accuracy"], test["rows"])
    return found


def compare_with(baseline: float, accuracy: float, rows: int) -> str:
    """Tell how an accuracy compares with a baseline's on the same number of rows.

    `clear` is an advantage on 100 rows or more, where the 95% intervals do not overlap.

    >>> compare_with(0.5, 0.7, rows=1000), compare_with(0.5, 0.7, rows=30)
    ('clear', 'luck')
    >>> compare_with(0.7, 0.7, rows=1000), compare_with(1.0, 1.0, rows=30)
    ('none', 'words suffice')
    """
    if baseline == 1:
        return "words suffice"
    if accuracy <= baseline:
        return "none"
    low, _ = wilson_interval(round(accuracy * rows), rows)
    _, high = wilson_interval(round(baseline * rows), rows)
    return "clear" if rows >= COMPARABLE and low > high else "luck"


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
        with read_errors(verify_file(file, "03_training")):
            history = pd.read_csv(file)
            looks = history.dropna(subset=["validation_loss"])
            found["steps"] = int(history["step"].max())
            found["looks"] = len(looks)
            found["first"] = float(looks["validation_accuracy"].iloc[0])
            found["last"] = float(looks["validation_accuracy"].iloc[-1])
            found["best_step"] = int(looks.loc[looks["validation_loss"].idxmin(), "step"])
            found["last_step"] = int(looks["step"].iloc[-1])
    return found


def count_suspects(folder: Path) -> int:
    """Return how many labels of a run are suspect; 0 where nobody has looked."""
    file = folder / "suspects.csv"
    if not file.exists():
        return 0
    with read_errors(verify_file(file, "04c_wrong_labels")):
        return len(pd.read_csv(file))


def count_rows_in_file(audited: dict[str, Any], parameters: dict[str, Any]) -> int | None:
    """Return how many texts the training file has, or None if the audit has not counted them.

    The audit counts all texts of the files; test texts that were held out are of the same file.
    """
    rows = audited.get("rows", {})
    if "train" not in rows:
        return None
    return rows["train"] + (0 if parameters.get("test_file") else rows["test"])


def was_reduced(
    rows: dict[str, int],
    audited: dict[str, Any],
    parameters: dict[str, Any],
) -> bool:
    """Tell whether `max_train_rows` has left out a part of the training texts, `rows` by part."""
    in_file = count_rows_in_file(audited, parameters)
    most = parameters.get("max_train_rows")
    if not most or in_file is None or rows.get("train") != most:
        return False
    held_out = 0 if parameters.get("test_file") else rows["test"]
    return not parameters.get("max_eval_rows") and in_file > most + rows["validation"] + held_out


def list_comparable_runs(folder: Path) -> list[dict[str, str]]:
    """Return the scores of a run and of others with the same task; none if there are no others.

    They are from the comparison that notebook 06 leaves. A task is what decides on which rows a run
    is scored: see `number_tasks`. Runs with another test file are left out as well.
    """
    file = folder / "compare.csv"
    if not file.exists():
        return []
    with read_errors(file):
        table = pd.read_csv(file, dtype=str, keep_default_na=False, index_col="run")
        if folder.name not in table.index:
            return []
        own = table.loc[folder.name, "test_file"]
        task = number_tasks(table, table)
        same = table[(task == task[folder.name]) & (table["test_file"] == own)]
    return same.reset_index().to_dict("records") if len(same) > 1 else []


def choose_advice(facts: dict[str, Any], shown: Container[str]) -> list[str]:
    """Return what somebody might try next; `shown` names what the report shows of the notebooks."""
    test, training = facts["test"], facts["training"]
    has_mistakes = test is not None and test["right"] < test["rows"]
    was_falling = training.get("looks", 0) > 1 and training["best_step"] == training["last_step"]
    is_perfect = facts["metrics"]["validation"]["accuracy"] == 1
    advice = {
        "read": ("mistakes" in shown and has_mistakes) or facts["suspects"] > 0,
        "label": bool(facts["rare"]) or (has_mistakes and facts["weakest"] is not None),
        "longer": was_falling
        and not is_perfect
        and bool(training.get("epochs"))
        and bool(facts["rows"]),
        "cut": facts["meta"].get("share_cut", 0) > MUCH_CUT,
        "test": test is not None and test["rows"] < FEW,
    }
    return [name for name, holds in advice.items() if holds]
