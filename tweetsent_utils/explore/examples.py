"""Texts to pick from, in groups: from the test set, the surest mistakes, the suspects."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from tweetsent_utils.evaluation.predictions import describe_answers
from tweetsent_utils.evaluation.suspects import tabulate_suspects

MOST_EXAMPLES = 100  # of a group
LONGEST_CHOICE = 80  # characters of a text in a list


class Example(NamedTuple):
    """A text to pick, with a note on where it comes from."""

    text: str
    note: str = ""


Examples = Mapping[str, Sequence[str | Example]]


def pick_examples(
    test_texts: Iterable[str],
    validation: pd.DataFrame,
    label_order: Sequence[str],
) -> dict[str, list[Example]]:
    """Return groups of examples: test texts, surest mistakes, suspects; none of them empty.

    `validation` is what `join_predictions` gives for a run's validation texts. The mistakes and
    suspects come from there, so that nobody reads test texts for their answers before the test.
    """
    groups = {"test texts": pair_up(test_texts, [])}
    if len(validation):
        mistakes = validation[validation["prediction"] != validation["label"]]
        mistakes = mistakes.nlargest(MOST_EXAMPLES, "confidence")
        notes = describe_answers(mistakes, label_order)
        groups["surest mistakes"] = pair_up(mistakes["text"], notes)
        suspects = tabulate_suspects(validation.assign(split="validation"), label_order)
        groups["suspect labels"] = pair_up(suspects["text"], describe_suspects(suspects))
    return {name: examples for name, examples in groups.items() if examples}


def describe_suspects(suspects: pd.DataFrame) -> list[str]:
    """Return a note per suspect in the table of `tabulate_suspects`: what it is called, and not."""
    columns = suspects[["label", "suggested", "probability"]]
    return [
        f"label: {label} · the model suggests: {suggested}, {probability:.3f}"
        for label, suggested, probability in columns.itertuples(index=False)
    ]


def pair_up(texts: Iterable[str], notes: Sequence[str]) -> list[Example]:
    """Return texts with their notes, as many as a group shows; without notes, the texts alone."""
    texts = list(texts)[:MOST_EXAMPLES]
    if not notes:
        return [Example(text) for text in texts]
    return [Example(text, note) for text, note in zip(texts, notes, strict=False)]


def tidy_examples(examples: Examples | None) -> dict[str, list[Example]]:
    """Return groups without what is no text, with at most a hundred examples, and never empty."""
    groups = {}
    for name, items in (examples or {}).items():
        pairs = [item if isinstance(item, Example) else Example(item) for item in items]
        texts = [pair for pair in pairs if isinstance(pair.text, str) and pair.text.strip()]
        if texts:
            groups[name] = texts[:MOST_EXAMPLES]
    return groups


def name_choices(examples: Sequence[Example]) -> list[tuple[str, int]]:
    """Return the beginning of each example and its position, for a list to choose from."""
    choices = []
    for place, example in enumerate(examples):
        start = " ".join(example.text[: 2 * LONGEST_CHOICE].split())
        shown = start if len(start) <= LONGEST_CHOICE else f"{start[:LONGEST_CHOICE]}…"
        choices.append((f"{place + 1}. {shown}", place))
    return choices
