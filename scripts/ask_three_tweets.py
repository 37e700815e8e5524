"""Ask a trained model about three tweets, for the opening of notebook 01.

    python scripts/ask_three_tweets.py outputs/quick

Writes `outputs/reference/three_tweets.json`: the tweets, the model's probabilities, and what it ran
on. Notebook 04 asks the model of its own run about the same tweets.
"""

import argparse
from pathlib import Path

from tweetsent_utils.files import load_json, save_json
from tweetsent_utils.paths import REFERENCE
from tweetsent_utils.scoring.classifier import open_classifier

TWEETS = [
    "The staff at our corner shop are heroes, thank you all",
    "Oh great, the queue is two hours long again. Such fun.",
    "Wash your hands with soap, it destroys the virus",
]


def ask(run: Path) -> dict:
    """Return the tweets and a run's answers, with its environment."""
    classifier = open_classifier(run, precision="fp32")
    probabilities = classifier.probabilities(TWEETS).astype(float).round(4).tolist()
    environment = load_json(run / "environment.json")
    return {
        "what": "the answers of a model that notebook 03 trained, to three invented tweets",
        "command": "python scripts/ask_three_tweets.py outputs/quick",
        "run": run.name,
        "environment": {name: environment[name] for name in sorted(environment)},
        "tweets": TWEETS,
        "labels": classifier.label_order,
        "probabilities": probabilities,
    }


def main() -> None:
    """Write the answers of the run named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="a run's folder, such as outputs/quick")
    save_json(REFERENCE / "three_tweets.json", ask(parser.parse_args().run))


if __name__ == "__main__":
    main()
