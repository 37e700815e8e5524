"""The same scoring on many machines: Ray reads, spreads the rows over actors, and writes.

Files are read by the reader of the local engine, so that a row has the same place and the same
damage on both. Each actor opens the model once and keeps it. Ray starts what died again.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import dataset

from tweetsent_utils.data.corpus import REASON, Block, cut_into_blocks, open_source
from tweetsent_utils.errors import TweetsentError, user_error
from tweetsent_utils.files import delete, load_json, save_json, write_errors
from tweetsent_utils.scoring.corpus import Corpus, Result, Scorer, score_block
from tweetsent_utils.scoring.output import PARTS
from tweetsent_utils.scoring.summary import Summary

UNFINISHED = ".unfinished"  # where Ray writes until all is there
ROWS_AT_ONCE = 16_384  # that an actor gets: a window in which equal texts are read once
CPUS_PER_ACTOR = 4
TRIES = 3  # of starting Ray on this machine
CPUS_PER_READER = 0.25  # reading waits for scoring
NOWHERE = -1  # the row of what says that the rest of a file cannot be read
DONE = "ray.json"  # in an output folder: what it was made with


def start_ray(address: str = "") -> Any:
    """Return the module ray, connected to a cluster or, without an address, to one made here.

    Raises `TweetsentError` if Ray is not installed or there is no such cluster.
    """
    if find_spec("ray") is None:
        what = "--engine ray needs Ray, which is not installed"
        raise TweetsentError(f"{what}: python -m pip install -r requirements-scale.txt")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    if not ray.is_initialized():
        what = f"Ray does not start on {address or 'this machine'}"
        remedy = "start it with `ray start --head`, and give --address auto"
        with user_error(what, remedy, Exception):  # a plain one, where it waits in vain
            init(ray, address)
    return ray


def init(ray: Any, address: str, **sizes: int) -> None:
    """Connect Ray to a cluster, or start one here, of the sizes that `ray.init` takes.

    It gives its own processes half a minute. On a busy machine that is too little for the first
    time, when their files come from the disk.
    """
    options = {"address": address} if address else {"include_dashboard": False}
    options |= {"log_to_driver": False, "logging_level": "ERROR", **sizes}
    tries = 1 if address else TRIES
    while not ray.is_initialized():
        tries -= 1
        try:
            ray.init(**options)
        except Exception:
            ray.shutdown()
            if not tries:
                raise


class ScoringActor:
    """A process that opens a model once, and answers tables of rows."""

    def __init__(self, open_scorer: Callable[[], Scorer], corpus: Corpus, threads: int) -> None:
        if threads:
            import torch  # here: the driver may have none

            torch.set_num_threads(threads)
        self.scorer = open_scorer()
        self.corpus = corpus

    def __call__(self, table: pa.Table) -> pa.Table:
        """Return the answers for some rows, each with its file and its place there."""
        block = Block(0, 0, table.drop_columns(["file", "row"]), is_last=False)
        answers, _ = score_block(self.scorer, self.corpus, block, Path(), known=None)
        answers = answers.set_column(0, "file", table["file"]).set_column(1, "row", table["row"])
        return as_plain(answers)


def as_plain(table: pa.Table) -> pa.Table:
    """Return a table without dictionaries, which differ from block to block."""
    for place, column in enumerate(table.columns):
        if pa.types.is_dictionary(column.type):
            plain = column.cast(column.type.value_type)
            table = table.set_column(place, table.column_names[place], plain)
    return table


def read_rows(items: dict[str, Any], corpus: Corpus) -> Iterator[pa.Table]:
    """Yield the rows of a file, with their places; a last one at `NOWHERE` says what failed."""
    for name in items["item"].tolist() if hasattr(items["item"], "tolist") else items["item"]:
        path = Path(name)
        try:
            source = open_source(path, corpus.text_column, corpus.encoding)
            for block in cut_into_blocks(source, corpus.columns, ROWS_AT_ONCE):
                rows = range(block.first_row, block.first_row + block.table.num_rows)
                yield as_plain(add_places(block.table, name, rows))
        except TweetsentError as error:
            columns = {name: pa.nulls(1, pa.string()) for name in corpus.columns}
            failed = pa.table({**columns, REASON: [f"the rest of the file: {error}"]})
            yield add_places(failed, name, [NOWHERE])


def add_places(table: pa.Table, name: str, rows: Any) -> pa.Table:
    """Return rows with their file and their numbers."""
    table = table.append_column("file", pa.array([name] * len(rows), pa.string()))
    return table.append_column("row", pa.array(list(rows), pa.int64()))


def score_with_ray(
    open_scorer: Callable[[], Scorer],
    corpus: Corpus,
    out: Path,
    settings: dict[str, Any],
    address: str = "",
    device: str = "cpu",
) -> Result:
    """Score files on a cluster, or on this machine; the answers are in `out` when all are there.

    `out` is a folder that all machines see. Where the cluster has GPUs, each actor gets one, unless
    `device` is "cpu". Raises `TweetsentError` for a folder that holds other answers, and if the
    cluster gives up.
    """
    if (out / PARTS).exists():
        if load_json(out / DONE) == settings:
            return Result(kept=count_rows(out))
        what = f"{out} holds other answers"
        raise TweetsentError(f"{what}: name another folder (--out)")
    ray = start_ray(address)
    from ray import data

    target = out / UNFINISHED
    with write_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        delete(target)  # of a job that was stopped
    cpus = int(ray.cluster_resources().get("CPU", 1))
    gpus = 0 if device == "cpu" else int(ray.cluster_resources().get("GPU", 0))
    per_actor = 1 if gpus else max(min(CPUS_PER_ACTOR, cpus - 1), 1)
    most = gpus or max(int((cpus - CPUS_PER_READER) // per_actor), 1)
    data.DataContext.get_current().enable_progress_bars = False
    rows = data.from_items([str(path) for path in corpus.files]).map_batches(
        partial(read_rows, corpus=corpus),
        batch_size=1,
        num_cpus=CPUS_PER_READER,
    )
    answers = rows.map_batches(
        ScoringActor,
        fn_constructor_args=(open_scorer, corpus, 0 if gpus else per_actor),
        batch_size=ROWS_AT_ONCE,
        batch_format="pyarrow",
        num_cpus=per_actor,
        num_gpus=1 if gpus else None,
        concurrency=(1, most),
    )
    try:
        answers.write_parquet(str(target), min_rows_per_file=corpus.rows_per_shard)
    except ray.exceptions.RayError as error:
        words = str(error).strip().splitlines() or [type(error).__name__]
        what = f"the cluster gave up ({words[-1][:200]})"
        raise TweetsentError(f"{what}: see Ray's logs, and run it again") from None
    with write_errors(out):
        save_json(out / DONE, settings)
        target.rename(out / PARTS)
    failures = find_failures(out)
    return Result(rows=count_rows(out) - len(failures), failures=failures)


def answers_of(out: Path) -> dataset.Dataset:
    """Return the answers in a folder."""
    return dataset.dataset(out / PARTS, format="parquet")


def count_rows(out: Path) -> int:
    """Return how many rows the answers in a folder have."""
    return answers_of(out).count_rows()


def find_failures(out: Path) -> dict[Path, str]:
    """Return what kept files from being read to their end."""
    is_nowhere = dataset.field("row") == NOWHERE
    table = answers_of(out).to_table(columns=["file", REASON], filter=is_nowhere)
    names = table["file"].to_pylist()
    words = [reason.partition(": ")[2] for reason in table[REASON].to_pylist()]
    return {Path(name): reason for name, reason in zip(names, words, strict=True)}


def summarize_answers(out: Path, files: int) -> Summary:
    """Return the sums over answers that Ray has written, a few thousand rows at a time."""
    summary = Summary(files=files, complete=files - len(find_failures(out)))
    answers = answers_of(out)
    columns = ["label", "confidence", "unsure", "cut", REASON]
    has_days = "day" in answers.schema.names
    is_row = dataset.field("row") != NOWHERE
    for batch in answers.to_batches(columns=[*columns, *["day"] * has_days], filter=is_row):
        table = batch.to_pydict()
        days = table.get("day", [None] * batch.num_rows)
        for day, label in zip(days, table["label"], strict=True):
            if label is not None:
                labels = summary.days.setdefault(day.isoformat() if day else "", Counter())
                labels[label] += 1
        reasons = [reason for reason in table[REASON] if reason]
        summary.reasons.update(reasons)
        summary.rows += batch.num_rows
        summary.answered += batch.num_rows - len(reasons)
        summary.unsure += sum(table["unsure"]) - len(reasons)
        summary.cut += sum(table["cut"])
        summary.confidence += sum(value for value in table["confidence"] if value is not None)
    return summary
