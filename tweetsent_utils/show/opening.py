"""What the story opens with: three tweets and a model's answers, and who agrees with the labels."""

import pandas as pd

from tweetsent_utils.files import load_json
from tweetsent_utils.paths import REFERENCE


def read_three_tweets() -> pd.DataFrame:
    """Return the published answers to three tweets, in the columns `text`, `answer`, `probability`.

    They are those of the model of the run `quick`; see `outputs/reference/three_tweets.json`.
    """
    asked = load_json(REFERENCE / "three_tweets.json")
    probabilities = pd.DataFrame(asked["probabilities"], columns=asked["labels"])
    return pd.DataFrame(
        {
            "text": asked["tweets"],
            "answer": probabilities.idxmax(axis=1),
            "probability": probabilities.max(axis=1),
        }
    )


def read_agreement() -> dict[str, float]:
    """Return which share of the real test labels some readers agree with, the best one last.

    The share of the largest class is that of other real tweets of the same set, those of the
    published label audit; the rest are of the official test file.
    """
    published = load_json(REFERENCE / "published.json")
    accuracy = {row["model"]: row["accuracy"] for row in published["five_class_test_accuracy"]}
    return {
        "always the largest class*": load_json(REFERENCE / "label_audit.json")["majority_share"],
        "GPT-4, not fine-tuned": accuracy["GPT-4, no fine-tuning"],
        "best fine-tuned encoder": max(accuracy.values()),
        "something that reads no sentence": max(row["test"] for row in published["rule_agreement"]),
    }
