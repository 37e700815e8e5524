"""What all shards of a corpus say together: rows by class and day, and what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from tweetsent_utils.files import save_json, write_atomically
from tweetsent_utils.scoring.corpus import NO_DAY, find_finished, is_complete
from tweetsent_utils.scoring.likeness import KnownTexts, compare, warn
from tweetsent_utils.scoring.output import Output, Part


@dataclass
class Summary:
    """Sums over the shards of an output."""

    rows: int = 0
    answered: int = 0
    distinct: int = 0  # texts that were read: of equal ones in a shard, one
    unsure: int = 0
    cut: int = 0
    confidence: float = 0.0  # the sum over all answers
    shards: int = 0
    complete: int = 0  # files of which all shards are there
    files: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    days: dict[str, Counter[str]] = field(default_factory=dict)
    likeness: Counter[str] = field(default_factory=Counter)

    def add(self, part: Part) -> None:
        """Add what a shard says of itself."""
        about = part.about
        self.shards += 1
        for name in ("rows", "answered", "distinct", "unsure", "cut"):
            setattr(self, name, getattr(self, name) + about[name])
        self.confidence += about["confidence"]
        self.reasons.update(about["reasons"])
        self.likeness.update(about["likeness"])
        for day, labels in about["days"].items():
            self.days.setdefault(day, Counter()).update(labels)

    @property
    def mean_confidence(self) -> float:
        """The mean confidence of all answers."""
        return self.confidence / max(self.answered, 1)

    def table(self, label_order: Sequence[str]) -> pd.DataFrame:
        """Return how many answers each class has on each day: a row per day, NaT for no day."""
        table = pd.DataFrame.from_dict(self.days, orient="index", columns=list(label_order))
        table.index = pd.to_datetime(table.index.where(table.index != NO_DAY))
        return table.fillna(0).astype(int).sort_index().rename_axis("day")

    def lines(self, known: KnownTexts | None) -> list[str]:
        """Return what was found, as lines for a terminal."""
        unreadable = self.rows - self.answered
        lines = [f"rows {self.rows:,}, with a label {self.answered:,}, without one {unreadable:,}"]
        lines += [f"  {count:,}: {reason}" for reason, count in self.reasons.most_common(10)]
        sure = f"unsure {self.unsure:,}, cut {self.cut:,}, "
        lines.append(f"{sure}mean confidence {self.mean_confidence:.3f}")
        if self.distinct:
            share = max(1 - self.distinct / max(self.answered, 1), 0)
            lines.append(f"equal texts of a shard were read once, which saved {share:.1%}")
        counts: Counter[str] = Counter()
        for labels in self.days.values():
            counts.update(labels)
        for label, count in counts.most_common():
            lines.append(f"  {label}: {count:,} ({count / max(self.answered, 1):.1%})")
        warning = self.warning(known)
        return [*lines, f"warning: {warning}"] if warning else lines

    def warning(self, known: KnownTexts | None) -> str:
        """Return a sentence on what is unlike the training texts, "" for nothing or not known."""
        if known is None or not self.likeness["texts"]:
            return ""
        return warn(compare(self.likeness, self.mean_confidence, known))


def summarize(output: Output, files: Iterable[int]) -> Summary:
    """Return the sums over the shards of an output that answer some of its files."""
    wanted = set(files)
    parts = [part for part in output.finished() if part.file in wanted]
    summary = Summary(files=len(wanted))
    for part in parts:
        summary.add(part)
    finished = find_finished(iter(parts))
    summary.complete = sum(is_complete(blocks) for blocks in finished.values())
    return summary


def save_summary(
    folder: Path,
    summary: Summary,
    label_order: Sequence[str],
    known: KnownTexts | None,
) -> Path:
    """Write the sums into a folder: `summary.json`, of which the path returns, and `by_day.csv`."""
    table = summary.table(label_order)
    write_atomically(folder / "by_day.csv", lambda file: table.to_csv(file))
    compared = None
    if known is not None and summary.likeness["texts"]:
        compared = compare(summary.likeness, summary.mean_confidence, known).to_dict("index")
    found = {
        "rows": summary.rows,
        "answered": summary.answered,
        "distinct": summary.distinct,
        "unsure": summary.unsure,
        "cut": summary.cut,
        "mean_confidence": summary.mean_confidence,
        "unreadable": dict(summary.reasons),
        "labels": {name: int(count) for name, count in table.sum().items()},
        "files": summary.files,
        "shards": summary.shards,
        "next_to_the_test_texts": compared,
        "warning": summary.warning(known),
    }
    path = folder / "summary.json"
    save_json(path, found)
    return path
