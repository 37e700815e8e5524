"""Write the second sample: invented messages to a public library.

    python scripts/make_library.py [--seed 0] [--output data/library]

A message is one hand-written sentence of its class, most often among an opening, a closing, a
sentence of context and an emoji, which all classes share. The classes (question, complaint, praise)
have no order. The same seed gives the same file, byte for byte, so the order of the random draws
must not change.
"""

import argparse
import csv
import itertools
import random
import re
from pathlib import Path

from tweetsent_utils.paths import PROJECT_ROOT

LIBRARY = PROJECT_ROOT / "data" / "library"
COLUMNS = ["number", "received_at", "message", "kind"]
ROWS = {"question": 240, "complaint": 210, "praise": 150}
EMOJI = ["📚", "🙂", "📖", "🤔", "🌧️", "☕", "🐶", "🎹", "🚲", "👵🏽", "✉️", "🔑"]
DESKS = ["web form", "letter box", "chat", "front desk"]

Bank = list[list[str]]  # lines, each as the sentences that it stands for


def make_messages(output: Path, seed: int = 0) -> None:
    """Write `messages.csv` into `output`: UTF-8, one row a message, no text twice."""
    rng = random.Random(seed)
    messages = compose_messages(read_banks(), rng)
    rng.shuffle(messages)
    output.mkdir(parents=True, exist_ok=True)
    with (output / "messages.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for number, (text, kind) in enumerate(messages, start=1):
            rows.writerow([number, rng.choice(DESKS), text, kind])


def read_banks() -> dict[str, Bank]:
    """Return the lines of each part of `sentences.txt`: {a|b} in a line is either."""
    text = (LIBRARY / "sentences.txt").read_text(encoding="utf-8")
    banks = {}
    for part in text.strip().split("\n\n"):
        name, *lines = part.splitlines()
        banks[name.strip("[]")] = [expand_line(line) for line in lines]
    return banks


def expand_line(line: str) -> list[str]:
    """Return every sentence that a line stands for."""
    choices = [piece.split("|") for piece in re.split("[{}]", line)]
    return ["".join(pieces) for pieces in itertools.product(*choices)]


def compose_messages(banks: dict[str, Bank], rng: random.Random) -> list[tuple[str, str]]:
    """Return different messages with their kinds, every line of a kind in turn."""
    kind_of = {}
    for kind, rows in ROWS.items():
        shuffled = rng.sample(banks[kind], len(banks[kind]))
        lines = itertools.cycle(shuffled)
        enough = len(kind_of) + rows
        while len(kind_of) < enough:
            sentence = rng.choice(next(lines))
            kind_of.setdefault(compose(sentence, banks, rng), kind)
    return list(kind_of.items())


def compose(sentence: str, banks: dict[str, Bank], rng: random.Random) -> str:
    """Return a message around a sentence; nothing that is added says anything about its class."""
    opening = draw_sometimes(0.45, banks["opening"], rng)
    context = draw_sometimes(0.75, banks["context"], rng)
    closing = draw_sometimes(0.35, banks["closing"], rng)
    if sentence.endswith("?") and rng.random() < 0.3:
        sentence = sentence[:-1]
    emoji = rng.choice(EMOJI) if rng.random() < 0.35 else ""
    if rng.random() < 0.6:
        parts = [opening, context, sentence, closing, emoji]
    else:
        parts = [opening, sentence, context, closing, emoji]
    text = " ".join(part for part in parts if part)
    return text.lower() if rng.random() < 0.15 else text


def draw_sometimes(probability: float, bank: Bank, rng: random.Random) -> str:
    """Return a sentence from a bank with some probability, else an empty text."""
    if rng.random() < probability:
        return rng.choice(rng.choice(bank))
    return ""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="another seed gives another sample")
    parser.add_argument("--output", type=Path, default=LIBRARY, help="folder for the file")
    options = parser.parse_args()
    make_messages(options.output, options.seed)


if __name__ == "__main__":
    main()
