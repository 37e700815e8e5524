"""What the story opens with: three tweets and a model's answers, and who agrees with the labels."""

import numpy as np
import pandas as pd

from tweetsent_utils.evaluation.lexicon import OLDER, score_step
from tweetsent_utils.files import load_json
from tweetsent_utils.paths import REFERENCE

CUTS = (-0.6, -0.05, 0.05, 0.6)  # of the word list's score, where the real labels change
PAIR = ("Great prices at the farm shop today", "#Great prices at the farm shop today")


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


def read_agreement() -> pd.DataFrame:
    """Return which share of the real test labels some readers agree with, the best one last.

    A row per reader: the `share`, and `how` it comes to its answers. The share of the largest class
    is that of other real tweets of the same set, those of the published label
    audit; the rest are of the official test file.
    """
    published = load_json(REFERENCE / "published.json")
    accuracy = {row["model"]: row["accuracy"] for row in published["five_class_test_accuracy"]}
    largest_class = load_json(REFERENCE / "label_audit.json")["majority_share"]
    look_up = max(row["test"] for row in published["rule_agreement"])
    rows = {
        "always the largest class*": (largest_class, "reads nothing"),
        "GPT-4, not fine-tuned": (accuracy["GPT-4, no fine-tuning"], "reads sentences"),
        "best fine-tuned encoder": (max(accuracy.values()), "reads sentences"),
        "a look-up of words": (look_up, "looks up words"),
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["share", "how"])


def read_pair() -> pd.DataFrame:
    """Return two texts with the same words, one of them behind a `#`, and their classes.

    The columns are `text` and `class_name`. The classes are those that the rule behind the real
    labels gives, which notebook 05 finds.
    """
    names = load_json(REFERENCE / "label_audit.json")["classes"]
    ranks = np.searchsorted(CUTS, score_step(PAIR, OLDER))
    return pd.DataFrame({"text": PAIR, "class_name": [names[rank] for rank in ranks]})
