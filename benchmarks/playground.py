"""How long the playground takes, from a text to its picture, by the number of words.

    python benchmarks/playground.py [--texts 40] [--cleaning raw]

For each length, as many texts are strung together from the sample's tweets. Each is read as if it
had just been typed. Measured are the milliseconds until the bars are in the HTML, until every word
has its push, and of one turn of weighing, for which a key that is pressed meanwhile has to wait.
The model is the packaged encoder under a fresh head, on the CPU; of the cleanings, "raw" leaves the
most tokens to read. The numbers go to `outputs/bench/playground.json`.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from common import make_parser, save_figures
from tweets import LABEL_ORDER, SAMPLE, read_labelled

from tweetsent_utils.data.cleaning import CLEANINGS
from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.explore.played_text import PlayedText
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.model.encoder import packaged_encoder
from tweetsent_utils.scoring.classifier import TweetClassifier

LENGTHS = (10, 20, 30, 45, 60)  # words
WARM_UP = 3  # texts that are read before the clock runs


def make_texts(tweets: Sequence[str], words: int, count: int) -> list[str]:
    """Return texts of a number of words each, strung together from tweets; seeded."""
    random = np.random.default_rng(words)
    texts = []
    for _ in range(count):
        strung: list[str] = []
        while len(strung) < words:
            strung += tweets[random.integers(len(tweets))].split()
        texts.append(" ".join(strung[:words]))
    return texts


def time_text(game: PlayedText, text: str) -> dict[str, float]:
    """Read a text as if it had been typed; return the milliseconds of each part.

    `bars` and `words` count from the text to the picture; `turn` is the longest turn of weighing.
    """
    started = time.perf_counter()
    game.read(text)
    game.html()
    bars = time.perf_counter()
    turns = [0.0]
    is_weighing = True
    while is_weighing:
        turn = time.perf_counter()
        is_weighing = game.weigh_some()
        turns.append(time.perf_counter() - turn)
    game.html()
    words = time.perf_counter()
    seconds = {"bars": bars - started, "words": words - started, "turn": max(turns)}
    return {name: 1000 * value for name, value in seconds.items()}


def time_texts(game: PlayedText, texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the median and the 95th percentile of the milliseconds of each part, over texts."""
    rows = pd.DataFrame([time_text(game, text) for text in texts])
    return {
        name: {"median": float(np.median(rows[name])), "p95": float(np.quantile(rows[name], 0.95))}
        for name in rows
    }


def bench(count: int, cleaning: str) -> dict[str, Any]:
    """Measure all lengths, print the numbers, and return them."""
    folder = packaged_encoder()
    torch.manual_seed(0)
    model = load_classifier(folder, LABEL_ORDER).eval()
    reader = TweetClassifier(model, load_tokenizer(folder, cleaning, 128))
    tweets = read_labelled(SAMPLE)["text"].tolist()
    game = PlayedText([reader], ordered=True, text="")
    by_words = {}
    for words in LENGTHS:
        texts = make_texts(tweets, words, count + WARM_UP)
        time_texts(game, texts[:WARM_UP])
        by_words[str(words)] = time_texts(game, texts[WARM_UP:])
        parts = [
            f"{name} {times['median']:4.0f} ({times['p95']:4.0f})"
            for name, times in by_words[str(words)].items()
        ]
        print(f"{words} words: {', '.join(parts)}", flush=True)
    return {
        "what": "milliseconds from a text to its picture: with bars, with all words, and one turn",
        "texts": count,
        "cleaning": cleaning,
        "threads": torch.get_num_threads(),
        "by_words": by_words,
    }


def main(arguments: list[str] | None = None) -> None:
    """Measure as the command line says."""
    parser = make_parser(__doc__)
    parser.add_argument("--texts", type=int, default=40, help="of each length (default 40)")
    parser.add_argument(
        "--cleaning",
        choices=CLEANINGS,
        default="raw",
        help="what the model reads of them (default raw)",
    )
    options = parser.parse_args(arguments)
    print("milliseconds, median (95th percentile)")
    save_figures("playground", bench(options.texts, options.cleaning))


if __name__ == "__main__":
    main()
