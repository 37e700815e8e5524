"""Write the second sample: invented messages to a public library, byte for byte the same for a seed.

    python data/library/make_messages.py [--seed 0] [--output data/library]

A message is one hand-written sentence of its class, most often among an opening, a closing, a sentence of context and
an emoji, which all classes share. Classes: question, complaint, praise, which have no order.
"""

import argparse
import csv
import itertools
import random
import re
from pathlib import Path

HERE = Path(__file__).parent
ROWS = {"question": 240, "complaint": 210, "praise": 150}
EMOJI = ["📚", "🙂", "📖", "🤔", "🌧️", "☕", "🐶", "🎹", "🚲", "👵🏽", "✉️", "🔑"]
DESKS = ["web form", "letter box", "chat", "front desk"]


def read_banks() -> dict[str, list[list[str]]]:
    """Return the lines of each part of `sentences.txt`, a line as its sentences: {a|b} in it stands for either."""
    parts = (HERE / "sentences.txt").read_text(encoding="utf-8").strip().split("\n\n")
    banks = {}
    for name, *lines in (part.splitlines() for part in parts):
        choices = [[piece.split("|") for piece in re.split("[{}]", line)] for line in lines]
        banks[name.strip("[]")] = [["".join(pieces) for pieces in itertools.product(*choice)] for choice in choices]
    return banks


def compose(sentence: str, banks: dict[str, list[list[str]]], rng: random.Random) -> str:
    """Return a message around a sentence; nothing that is added says anything about its class."""
    opening = rng.choice(rng.choice(banks["opening"])) if rng.random() < 0.45 else ""
    context = rng.choice(rng.choice(banks["context"])) if rng.random() < 0.75 else ""
    closing = rng.choice(rng.choice(banks["closing"])) if rng.random() < 0.35 else ""
    sentence = sentence[:-1] if sentence.endswith("?") and rng.random() < 0.3 else sentence
    emoji = rng.choice(EMOJI) if rng.random() < 0.35 else ""
    around = (context, sentence) if rng.random() < 0.6 else (sentence, context)
    text = " ".join(filter(None, (opening, *around, closing, emoji)))
    return text.lower() if rng.random() < 0.15 else text


def make_messages(output: Path, seed: int = 0) -> None:
    """Write `messages.csv` into `output`: UTF-8, one row a message, every line of a class in turn, no text twice."""
    rng, banks, texts = random.Random(seed), read_banks(), {}
    for kind, rows in ROWS.items():
        lines = itertools.cycle(rng.sample(banks[kind], len(banks[kind])))
        while sum(known == kind for known in texts.values()) < rows:
            texts.setdefault(compose(rng.choice(next(lines)), banks, rng), kind)
    messages = list(texts.items())
    rng.shuffle(messages)
    output.mkdir(parents=True, exist_ok=True)
    with (output / "messages.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["number", "received_at", "message", "kind"])
        rows.writerows([number, rng.choice(DESKS), text, kind] for number, (text, kind) in enumerate(messages, 1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="another seed gives another sample")
    parser.add_argument("--output", type=Path, default=HERE, help="folder for the file")
    make_messages(**vars(parser.parse_args()))
