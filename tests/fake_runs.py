"""Folders that look like those of finished runs, for what compares runs."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import yaml


def make_run(
    folder: Path,
    accuracy: float = 0.75,
    test: float | None = 0.5,
    **parameters: object,
) -> Path:
    """Write what a finished run leaves for a comparison.

    It had two epochs of five steps each, and was then scored on 600 rows.
    """
    folder.mkdir(parents=True)
    values = {"run_name": folder.name, "train_file": "tweets.csv", "seed": 0, "max_lr": 0.1}
    (folder / "params.yaml").write_text(yaml.safe_dump(values | parameters))

    history = pd.DataFrame({"step": range(1, 11), "train_loss": np.linspace(2, 1, 10)})
    history["validation_accuracy"] = np.nan
    history.loc[[4, 9], "validation_accuracy"] = [accuracy / 2, accuracy]
    history.to_csv(folder / "history.csv", index=False)

    metrics = {
        "validation": {"accuracy": accuracy, "macro_f1": accuracy, "loss": 1.0, "rows": 600},
        "training": {"tweets": 80, "device": "cpu"},
    }
    if test is not None:
        metrics["test"] = {"accuracy": test, "macro_f1": test}
    timings = {"training": {"seconds": 9.0}}
    (folder / "timings.json").write_text(json.dumps(timings))
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return folder
