"""Folders that look like those of finished runs, with figures that fit each other, for reports."""

import json

import numpy as np
import pandas as pd
import yaml

from tweetsent_utils.pipeline.parameters import default_parameters


def make_table(rows, labels, days, rng):
    ranks = np.arange(rows) % len(labels)
    texts = [f"<i>text</i> {'long ' * (row % 7)}{row}" for row in range(rows)]
    table = pd.DataFrame({"row_id": range(rows), "text": texts, "label": ranks})
    table["day"] = [f"2026-01-{row % 28 + 1:02}" if days else "" for row in range(rows)]
    table["input_ids"] = [[101, 102]] * rows
    return table


def make_run(
    folder,
    labels=("low", "high"),
    rows=(60, 12, 40),
    days=False,
    ordered=False,
    train_file="messages.csv",
    test_file="",
    accuracy=0.75,
    **changes,
):
    """Write the files that a finished run leaves, with figures that fit each other."""
    rng = np.random.default_rng(0)
    labels = list(labels)
    (folder / "dataset").mkdir(parents=True)
    parts = dict(zip(("train", "validation", "test"), rows, strict=True))
    tables = {part: make_table(count, labels, days, rng) for part, count in parts.items()}
    for part, table in tables.items():
        table.to_parquet(folder / "dataset" / f"{part}.parquet")
    meta = {
        "encoder": "all-MiniLM-L6-v2",
        "cleaning": "raw",
        "max_length": 128,
        "share_cut": 0.0,
        "label_order": labels,
        "ordered": ordered,
        "validation_split": "random",
        "seed": 0,
        "rows": parts,
    }
    (folder / "dataset" / "meta.json").write_text(json.dumps(meta))
    given = {"run_name": folder.name, "train_file": str(train_file), "test_file": test_file}
    given |= {"text_column": "message", "label_column": "kind", **changes}
    (folder / "params.yaml").write_text(yaml.safe_dump(default_parameters() | given))

    truth = tables["test"]["label"].to_numpy()
    right = round(accuracy * len(truth))
    answers = np.where(np.arange(len(truth)) < right, truth, (truth + 1) % len(labels))
    table = pd.DataFrame({"row_id": range(len(truth)), "label": truth, "prediction": answers})
    table["confidence"] = np.linspace(0.99, 0.4, len(truth))
    table.to_csv(folder / "predictions.csv", index=False)
    is_right = truth == answers
    test = {"accuracy": float(is_right.mean()), "macro_f1": 0.7, "loss": 1.0, "rows": len(truth)}
    if ordered:
        test["mean_absolute_error"] = float(np.abs(truth - answers).mean())
    per_class = {}
    for rank, label in enumerate(labels):
        of_class = truth == rank
        recall = float(is_right[of_class].mean()) if of_class.any() else 0.0
        per_class[label] = {"precision": 0.5, "recall": recall, "f1-score": 0.5}
        per_class[label] |= {"support": int(of_class.sum()), "training_share": 1 / len(labels)}
    simple = {"majority": {"accuracy": 0.3, "macro_f1": 0.1}}
    simple["bag_of_words"] = {"accuracy": 0.6, "macro_f1": 0.5}
    metrics = {
        "validation": {"loss": 1.0, "accuracy": 0.8, "macro_f1": 0.8, "rows": rows[1]},
        "training": {"tweets": rows[0], "epochs": 2, "device": "cpu", "class_weights": "none"},
        "baselines_validation": simple,
        "calibration": {"temperature": 1.25, "test_error": {"calibrated": 0.05}},
        "test": test,
        "baselines": simple,
        "intervals": {"macro_f1": {"score": test["macro_f1"], "low": 0.5, "high": 0.9}},
        "per_class": per_class,
        "slices": {"no link": {"tweets": 9, "accuracy": 0.1, "low": 0.0, "high": 0.2}},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    history = pd.DataFrame({"step": range(1, 9), "epoch": [1] * 4 + [2] * 4, "train_loss": 1.0})
    history["validation_loss"] = [np.nan, np.nan, np.nan, 1.2, np.nan, np.nan, np.nan, 1.0]
    history["validation_accuracy"] = history["validation_loss"] / 2
    history.to_csv(folder / "history.csv", index=False)
    timings = {"training": {"seconds": 100.0, "tweets_per_second": 33.3}}
    (folder / "timings.json").write_text(json.dumps(timings))
    audit = {"verdict": "no sign of a lexicon: 50% agreement", "agreement": 0.5, "baseline": 0.6}
    of_train = rows[0] + rows[1]  # the audit reads all of the file that is not held out
    found = {"rows": {"train": of_train, "test": rows[2]}, "audit": audit | {"rows": 60}}
    (folder / "audit.json").write_text(json.dumps(found))
    (folder / "suspects.csv").write_text("row_id,split,label,suggested,probability\n")
    environment = {"run_format": 3, "python": "3.11", "processor": "Zilog Z80", "cores": 1}
    environment |= {"packages": {"torch": "9.9"}, "git_commit": "abc1234", "memory_gib": 2}
    (folder / "environment.json").write_text(json.dumps(environment))
    return folder
