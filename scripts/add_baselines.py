"""Give a published run the baselines that are younger than it, scored on the run's own rows.

    python scripts/add_baselines.py outputs/reference/minilm-words [--train-file F] [--test-file F]

The run's parameters say where its texts are and how they were split; name the files where they are
elsewhere now. Writes `baselines` and `baselines_validation` of the run's `metrics.json`, numbers
only. A run whose older baselines don't come out as published is left alone: it had other rows.
"""

import argparse
import math
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from tweetsent_utils.data.cleaning import clean
from tweetsent_utils.data.loading import load_tweets
from tweetsent_utils.data.splitting import hold_out_rows, sample_tweets
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.baselines import score_baselines
from tweetsent_utils.files import load_json, load_yaml, save_json


def split_as_trained(parameters: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Return the rows of a run with a test file by part, drawn again with its parameters."""
    files = (parameters["train_file"], parameters["test_file"])
    columns = [parameters[f"{kind}_column"] for kind in ("text", "label", "date")]
    order, seed = parameters["label_order"], parameters["seed"]
    tweets, label_names = load_tweets(*files, *columns, order, parameters["encoding"])
    known = tweets["train"]
    rows = {name: parameters[f"validation_{name}"] for name in ("split", "rows", "share")}
    train_rows, validation_rows = hold_out_rows(
        known["label"],
        known["day"],
        label_order=label_names,
        validation_split=rows["split"],
        validation_rows=rows["rows"],
        validation_share=rows["share"],
        seed=seed,
    )
    most_training, most_scored = parameters["max_train_rows"], parameters["max_eval_rows"]
    return {
        "train": sample_tweets(known.loc[train_rows], most_training, seed),
        "validation": sample_tweets(known.loc[validation_rows], most_scored, seed),
        "test": sample_tweets(tweets["test"], most_scored, seed),
    }


def score_anew(parameters: dict[str, Any]) -> dict[str, dict[str, dict[str, float]]]:
    """Return all baselines' scores by their names in `metrics.json`."""
    parts = split_as_trained(parameters)
    texts = {
        part: [clean(text, parameters["cleaning"]) for text in table["text"]]
        for part, table in parts.items()
    }
    is_ordered = len(parameters["label_order"]) > 2
    learned = texts["train"], parts["train"]["label"]
    return {
        name: score_baselines(*learned, texts[part], parts[part]["label"], is_ordered)
        for name, part in (("baselines_validation", "validation"), ("baselines", "test"))
    }


def add_missing(metrics: dict[str, Any], scored: dict[str, dict]) -> dict[str, Any]:
    """Return metrics with the baselines that they lack.

    Raises `TweetsentError` if one that they have was scored differently.
    """
    added = dict(metrics)
    for name, baselines in scored.items():
        published = metrics.get(name, {})
        for baseline, scores in published.items():
            again = baselines.get(baseline, scores)
            if not math.isclose(scores["accuracy"], again["accuracy"], abs_tol=0.002):
                what = f"{baseline} has {scores['accuracy']:.4f} in {name}"
                remedy = "name the files and keep the parameters of the run"
                raise TweetsentError(f"{what}, and {again['accuracy']:.4f} now: {remedy}")
        added[name] = baselines | published
    return added


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--train-file", type=Path)
    parser.add_argument("--test-file", type=Path)
    options = parser.parse_args()
    parameters = load_yaml(options.folder / "params.yaml")
    for name in ("train_file", "test_file"):
        if getattr(options, name):
            parameters[name] = str(getattr(options, name).resolve())
    try:
        metrics = load_json(options.folder / "metrics.json")
        save_json(options.folder / "metrics.json", add_missing(metrics, score_anew(parameters)))
    except TweetsentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
