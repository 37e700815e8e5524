"""Count what the notebooks say about the real tweets, which are not in the repository.

    python scripts/describe_real_files.py data/Corona_NLP_train.csv [MORE.csv ...]

The files are read as one. Writes `outputs/reference/real_files.json`, which holds counts and no
text: the prose of notebooks 01 and 02, and `data/README.md`, quote it.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tweetsent_utils.data.batching import batches_at_random, positions_per_token
from tweetsent_utils.data.cleaning import clean
from tweetsent_utils.data.description import (
    MARKS,
    bare_words,
    find_repeats,
    mark_shares,
    measure_lengths,
)
from tweetsent_utils.data.reading import read_tweets
from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.files import save_json
from tweetsent_utils.model.encoder import PACKAGED, find_encoder
from tweetsent_utils.paths import REFERENCE

TEXT, LABEL = "OriginalTweet", "Sentiment"
MAX_LENGTH = 128
BATCH_SIZE = 16


def describe(tweets: pd.DataFrame) -> dict:
    """Return counts and shares of a table of tweets, without a word of any."""
    texts, labels = tweets[TEXT], tweets[LABEL]
    tokenizer = load_tokenizer(find_encoder(PACKAGED), "raw", MAX_LENGTH)
    lengths = measure_lengths(texts, tokenizer)
    tokens = lengths["tokens"].tolist()
    batches = batches_at_random(tokens, BATCH_SIZE, seed=0)
    without_words = labels[texts.map(lambda text: clean(text, "words")) == ""]
    return {
        "rows": len(tweets),
        "missing": {name: int(count) for name, count in tweets.isna().sum().items() if count},
        "marks": mark_shares(texts).round(4).to_dict(),
        "tokens": {
            "mean": round(lengths["tokens"].mean(), 2),
            "95%": float(lengths["tokens"].quantile(0.95)),
        },
        "positions_per_token": {
            f"padded to {MAX_LENGTH}": round(MAX_LENGTH * len(tokens) / sum(tokens), 3),
            f"random batches of {BATCH_SIZE}": round(positions_per_token(tokens, batches), 3),
        },
        "mean_words": lengths["words"].groupby(labels).mean().round(2).to_dict(),
        "repeats": find_repeats(texts, labels, texts[:0])._asdict(),
        "conflicting_groups": describe_conflicts(texts, labels),
        "without_words": without_words.value_counts().to_dict(),
    }


def describe_conflicts(texts: pd.Series, labels: pd.Series) -> dict[str, int]:
    """Count the groups of repeats with several labels by what their texts differ in."""
    bare = texts.map(bare_words)
    counts = {"capitals": 0, "hashtags": 0, "more": 0}
    for words, group in labels[bare != ""].groupby(bare[bare != ""]):
        if words and group.nunique() > 1:
            counts[difference(texts[group.index].tolist())] += 1
    return counts


def difference(texts: Sequence[str]) -> str:
    """Return in what some texts with the same words differ: capitals, hashtags, or more."""
    plain = [re.sub(MARKS["link"], " ", text) for text in texts]
    hashtags = {tuple(re.findall(MARKS["hashtag"], text.lower())) for text in plain}
    if len(hashtags) > 1:
        return "hashtags"
    return "capitals" if len({" ".join(text.lower().split()) for text in plain}) == 1 else "more"


def main() -> None:
    """Describe the files named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    files = parser.parse_args().files
    tables = [read_tweets(str(file.resolve()), TEXT, LABEL) for file in files]
    facts = describe(pd.concat(tables, ignore_index=True))
    what = "counts of the official training file of datatattle/covid-19-nlp-text-classification"
    command = "python scripts/describe_real_files.py data/Corona_NLP_train.csv"
    save_json(REFERENCE / "real_files.json", {"what": what, "command": command, **facts})


if __name__ == "__main__":
    main()
