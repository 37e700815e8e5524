"""Score files that are larger than a memory: block by block, each into a shard of its own."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from tweetsent_utils.data.corpus import REASON, Block, cut_into_blocks, open_source, texts_of
from tweetsent_utils.data.dates import parse_days
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.scoring.answers import Answers, name_labels
from tweetsent_utils.scoring.output import Output, Part

if TYPE_CHECKING:
    from tweetsent_utils.scoring.likeness import KnownTexts

ROWS_PER_SHARD = 50_000
OWN_COLUMNS = ("file", "row", "day", "label", "confidence", "unsure", "cut", REASON)
MANY_FILES = 4  # for each share: then whole files are divided, and else their blocks
NO_DAY = ""  # in counts
END = "end"


class Scorer(Protocol):
    """What answers: a `TweetClassifier`, or what stands for one."""

    label_order: list[str]
    unsure_below: float

    def read(self, values: Sequence[Any]) -> Answers:
        """Return the answers for N values."""


@dataclass(frozen=True)
class Corpus:
    """Which files are read, and what of them is kept."""

    files: Sequence[Path]
    text_column: str
    keep: Sequence[str] = ()  # columns that are copied into the output
    date_column: str = ""
    encoding: str = ""
    rows_per_shard: int = ROWS_PER_SHARD

    @property
    def columns(self) -> list[str]:
        """The columns that are read, each once."""
        dates = [self.date_column] if self.date_column else []
        return list(dict.fromkeys([self.text_column, *self.keep, *dates]))

    def settings(self) -> dict[str, Any]:
        """Return what all shards of an output must share."""
        return {
            "text_column": self.text_column,
            "keep": list(self.keep),
            "date_column": self.date_column,
            "encoding": self.encoding,
            "rows_per_shard": self.rows_per_shard,
        }


class Progress(NamedTuple):
    """How far a process has come with its share of the files."""

    rows: int  # that it has scored
    kept: int  # that were finished before
    seconds: float
    share: float  # of its bytes, from 0 to 1, kept ones included
    begun: float  # the share that was finished before

    @property
    def rate(self) -> float:
        """Rows that are scored in a second."""
        return self.rows / max(self.seconds, 1e-9)


@dataclass
class Result:
    """What a process has done."""

    rows: int = 0
    kept: int = 0
    failures: dict[Path, str] = field(default_factory=dict)  # files that could not be read
    notes: Counter[str] = field(default_factory=Counter)  # what was odd, and in how many rows


def score_corpus(
    scorer: Scorer,
    corpus: Corpus,
    output: Output,
    shard: tuple[int, int] = (1, 1),
    known: KnownTexts | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Result:
    """Score what is not finished of a process's share of the files; return what was done.

    `shard` is (i, n): the i-th of n shares, from 1 on. Every row of the input is a row of the
    output, in its order. `report` is called after each shard. A file that cannot be read to its
    end keeps the shards it has, is named in the result, and does not stop the others. Raises
    `TweetsentError` for a folder that is in use, was made with something else or is full.
    """
    result = Result()
    started = time.perf_counter()
    with output.locked(shard, corpus.files) as numbers:
        finished = find_finished(output.finished())
        sizes = {path: path.stat().st_size for path in corpus.files}
        owns = divide(corpus.files, sizes, shard)
        own_files = [path for path in corpus.files if owns(path, None)]
        total = sum(sizes[path] for path in own_files)
        behind = before = 0
        for path in own_files:
            done = finished.get(numbers[path], {})
            if is_complete(done):
                result.kept += sum(done.values())
                behind += sizes[path]
                before += sizes[path]
                continue

            def is_needed(block: int, path: Path = path, done: dict[int, int] = done) -> bool:
                return block not in done and owns(path, block)

            try:
                for place, block in read_blocks(path, corpus, is_needed, result.notes):
                    reached = behind + place * sizes[path]
                    if block.table is None:
                        result.kept += done.get(block.number, 0)
                        before = reached if not result.rows else before
                        continue
                    table, about = score_block(scorer, corpus, block, path, known)
                    output.write(numbers[path], block.number, table, about)
                    result.rows += table.num_rows
                    seconds = time.perf_counter() - started
                    shares = [size / max(total, 1) for size in (reached, before)]
                    report(Progress(result.rows, result.kept, seconds, *shares))
            except UnreadableFile as error:
                result.failures[path] = str(error)
            behind += sizes[path]
    return result


class UnreadableFile(Exception):  # noqa: N818 - it is caught where it is raised
    """A file that cannot be read to its end, in one sentence."""


def read_blocks(
    path: Path,
    corpus: Corpus,
    is_needed: Callable[[int], bool],
    notes: Counter[str],
) -> Iterator[tuple[float, Block]]:
    """Yield a file's blocks, each with the share of the file that has been read.

    Only what reading raises becomes an `UnreadableFile`; what writing raises stops everything.
    """
    try:
        source = open_source(path, corpus.text_column, corpus.encoding)
        blocks = cut_into_blocks(source, corpus.columns, corpus.rows_per_shard, is_needed)
        block = next(blocks, None)
    except TweetsentError as error:
        raise UnreadableFile(error) from None
    while block is not None:
        yield source.place(), block
        try:
            block = next(blocks, None)
        except TweetsentError as error:
            raise UnreadableFile(error) from None
    for what, rows in source.notes.items():
        notes[what] += rows


def score_block(
    scorer: Scorer,
    corpus: Corpus,
    block: Block,
    path: Path,
    known: KnownTexts | None,
) -> tuple[pa.Table, dict[str, Any]]:
    """Return the answers for a block as a table, and what its shard says of itself."""
    try:
        texts = texts_of(block.table[corpus.text_column], path, corpus.text_column)
    except TweetsentError as error:
        raise UnreadableFile(error) from None
    damage = block.table[REASON].to_pylist()
    values = [None if reason else text for text, reason in zip(texts, damage, strict=True)]
    answers = scorer.read(values)
    reasons = [reason or why for reason, why in zip(damage, answers.reasons, strict=True)]
    rows = len(texts)
    columns: dict[str, Any] = {
        "file": pa.array([str(path)] * rows, pa.string()).dictionary_encode(),
        "row": pa.array(np.arange(block.first_row, block.first_row + rows), pa.int64()),
    }
    for name in corpus.keep:
        columns[output_name(name)] = block.table[name]
    days = read_days(block, corpus.date_column)
    if corpus.date_column:
        columns["day"] = pa.array(days, pa.date32())
    columns |= tabulate(answers, reasons, scorer)
    table = pa.table(columns)
    return table, describe(table, block, answers, days, values, known)


def output_name(name: str) -> str:
    """Return what a kept column is called in the output, where our own names are taken."""
    return f"input_{name}" if name in OWN_COLUMNS or name.startswith("p_") else name


def read_days(block: Block, date_column: str) -> list[Any]:
    """Return the day of each row of a block, None where there is none that can be read."""
    if not date_column:
        return [None] * block.table.num_rows
    written = pd.DataFrame({date_column: block.table[date_column].to_pandas()})
    days = parse_days(written, date_column)
    return [None if pd.isna(day) else day.date() for day in days]


def tabulate(answers: Answers, reasons: Sequence[str], scorer: Scorer) -> dict[str, pa.Array]:
    """Return answers as columns; a row with a reason has no label and no numbers."""
    labels = name_labels(answers.probabilities, scorer.label_order)
    is_answered = ~np.isnan(answers.probabilities[:, 0])
    confidence = answers.probabilities.max(axis=1)
    columns = {
        "label": pa.DictionaryArray.from_arrays(
            pa.array(labels.codes, pa.int32(), mask=~is_answered),
            pa.array(scorer.label_order, pa.string()),
        ),
        "confidence": pa.array(confidence, pa.float32(), mask=~is_answered),
        "unsure": pa.array(~(confidence >= scorer.unsure_below)),
        "cut": pa.array(answers.is_cut),
        REASON: pa.array([reason or None for reason in reasons], pa.string()),
    }
    for rank, label in enumerate(scorer.label_order):
        probabilities = answers.probabilities[:, rank]
        columns[f"p_{label}"] = pa.array(probabilities, pa.float32(), mask=~is_answered)
    return columns


def describe(
    table: pa.Table,
    block: Block,
    answers: Answers,
    days: Sequence[Any],
    values: Sequence[str | None],
    known: KnownTexts | None,
) -> dict[str, Any]:
    """Return what a shard says of itself, of which the summary of a corpus is made."""
    labels = table["label"].to_pylist()
    reasons = Counter(reason for reason in table[REASON].to_pylist() if reason)
    answered = [value for value, label in zip(values, labels, strict=True) if label is not None]
    by_day: dict[str, Counter[str]] = {}
    for day, label in zip(days, labels, strict=True):
        if label is not None:
            by_day.setdefault(NO_DAY if day is None else day.isoformat(), Counter())[label] += 1
    return {
        "rows": table.num_rows,
        "first_row": block.first_row,
        "is_last": block.is_last,
        "answered": len(answered),
        "distinct": answers.distinct,
        "unsure": sum(table["unsure"].to_pylist()) - sum(reasons.values()),
        "cut": int(answers.is_cut.sum()),
        "confidence": float(np.nansum(answers.probabilities.max(axis=1), dtype=np.float64)),
        "reasons": reasons,
        "days": by_day,
        "likeness": known.count(answered) if known else {},
    }


def find_finished(parts: Iterator[Part]) -> dict[int, dict[int, int]]:
    """Return how many rows each finished block has, by the number of its file and its own.

    A file of which the last block is among them has an entry more, `END`.
    """
    found: dict[int, dict[Any, int]] = {}
    for part in parts:
        blocks = found.setdefault(part.file, {})
        blocks[part.block] = part.about["rows"]
        if part.about["is_last"]:
            blocks[END] = 0
    return found


def is_complete(blocks: dict[Any, int]) -> bool:
    """Tell whether all blocks of a file are finished."""
    count = len(blocks) - 1
    return END in blocks and all(block in blocks for block in range(count))


def divide(
    files: Sequence[Path],
    sizes: dict[Path, int],
    shard: tuple[int, int],
) -> Callable[[Path, int | None], bool]:
    """Return what tells whether a block of a file is in a share; None asks for any of its blocks.

    Many files are divided as they are, the largest first, each to whoever has least; of a few, the
    blocks are dealt out in turn, and every process reads them all.
    """
    index, count = shard
    if len(files) < MANY_FILES * count:
        place = {path: number for number, path in enumerate(files)}
        return lambda path, block: block is None or (place[path] + block) % count == index - 1
    loads = [0] * count
    owner = {}
    for path in sorted(files, key=lambda path: (-sizes[path], str(path))):
        lightest = loads.index(min(loads))
        loads[lightest] += sizes[path]
        owner[path] = lightest
    return lambda path, block: owner[path] == index - 1
