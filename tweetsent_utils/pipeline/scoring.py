"""The command `tweetsent score`: files of any size in, a folder of answers and a summary out."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib

from tweetsent_utils.checksums import sha256_of
from tweetsent_utils.data.corpus import list_files, open_source
from tweetsent_utils.errors import TweetsentError, user_error
from tweetsent_utils.files import load_json, load_record, load_yaml, write_atomically
from tweetsent_utils.pipeline.runs import refuse_ensemble, run_folder
from tweetsent_utils.pipeline.terminal import say
from tweetsent_utils.scoring.classifier import (
    ONNX_PRECISIONS,
    TweetClassifier,
    find_model_folder,
    open_classifier,
)
from tweetsent_utils.scoring.corpus import Corpus, Progress, Result, score_corpus
from tweetsent_utils.scoring.likeness import KnownTexts, describe_known_texts
from tweetsent_utils.scoring.output import Output
from tweetsent_utils.scoring.ray_engine import score_with_ray, summarize_answers
from tweetsent_utils.scoring.summary import Summary, save_summary, summarize
from tweetsent_utils.show.progress import Pace
from tweetsent_utils.show.scoring_plots import plot_corpus
from tweetsent_utils.show.style import use_style

ID_NAME = r"(?i)id|.*_id|.*-id|(?-i:.*[a-z]I[dD])"  # id, tweet_id, tweetId, userID
MOST_NAMED = 5  # failures that are written out
SECONDS_PER_LINE = 60  # where nobody watches
SECONDS_PER_LOOK = 0.5
LINE = 78  # letters that a terminal surely has


@dataclass(frozen=True)
class Order:
    """What a user asks for."""

    inputs: Sequence[str]
    out: Path
    run: str = ""
    model: str = ""
    text_column: str = ""
    keep: Sequence[str] = ()
    date_column: str = ""
    encoding: str = ""
    rows_per_shard: int = 50_000
    shard: str = "1/1"
    unsure_below: float = 0.5
    device: str = "auto"
    precision: str = "auto"
    engine: str = "local"
    address: str = ""


def score_files(order: Order) -> Result:
    """Score files as a user asks for it, say how it goes, and write a summary when all is done.

    Raises `TweetsentError` for what cannot be done and, when the rest is done, for files that could
    not be read to their end.
    """
    shard = parse_shard(order.shard)
    folder = find_model(order)
    files = list_files(order.inputs, order.out)
    corpus = make_corpus(order, folder, files)
    before = identify(folder, order.precision)
    classifier = open_classifier(
        folder,
        order.run or folder.name,
        order.device,
        order.precision,
        order.unsure_below,
    )
    if identify(folder, order.precision) != before:
        what = f"the model in {folder} changed while it was opened"
        raise TweetsentError(f"{what}: wait until the training has ended")
    say(f"files: {len(files):,}; model: {classifier.name}, on {describe_device(classifier)}")
    settings = describe_settings(classifier, before) | corpus.settings()
    if order.engine == "ray":
        return score_on_cluster(order, corpus, folder, classifier, settings)
    output = Output(order.out, settings)
    known = describe_known_texts(folder.parent)
    follower = Follower()
    result = score_corpus(classifier, corpus, output, shard, known, follower.report)
    follower.close()
    say_result(result, order.out)
    summary = summarize(output, output.numbers(corpus.files).values())
    leave_summary(order.out, summary, classifier.label_order, folder, known)
    refuse_failures(result)
    return result


def score_on_cluster(
    order: Order,
    corpus: Corpus,
    folder: Path,
    classifier: TweetClassifier,
    settings: dict[str, Any],
) -> Result:
    """Score files with Ray, and write the same summary, as far as the answers tell it.

    `classifier` is the model as it opens here; each actor opens its own.
    """
    if order.shard != "1/1":
        raise TweetsentError("--shard divides nothing here: Ray divides the work by itself")
    precision = classifier.precision_name
    opener = partial(
        open_classifier,
        folder.absolute(),
        classifier.name,
        order.device,
        order.precision if order.precision in ONNX_PRECISIONS else precision,
        order.unsure_below,
    )
    out = order.out.absolute()
    result = score_with_ray(opener, corpus, out, settings, order.address, order.device)
    say_result(result, order.out)
    summary = summarize_answers(out, len(corpus.files))
    leave_summary(out, summary, classifier.label_order, folder, None)
    refuse_failures(result)
    return result


def parse_shard(shard: str) -> tuple[int, int]:
    """Return the two numbers of a share, such as 2/8: the second of eight."""
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", shard)
    index, count = (int(number) for number in found.groups()) if found else (0, 0)
    if not 1 <= index <= count:
        what = f"--shard is {shard!r}"
        raise TweetsentError(f"{what}: give i/n, from 1/n to n/n, such as 1/4")
    return index, count


def find_model(order: Order) -> Path:
    """Return the folder of the model that a user names."""
    if bool(order.run) == bool(order.model):
        both = "both --run and --model" if order.run else "neither --run nor --model"
        raise TweetsentError(f"there is {both}: name one model")
    if order.model:
        return find_model_folder(order.model)
    folder = run_folder(order.run)
    refuse_ensemble(folder)
    if not (folder / "model").is_dir():
        what = f"the run {order.run} has no model yet (there is no {folder / 'model'})"
        raise TweetsentError(f"{what}: train it first, or name another (--run)")
    return folder / "model"


def make_corpus(order: Order, folder: Path, files: Sequence[Path]) -> Corpus:
    """Return which files are read, and what of them is kept."""
    text_column = order.text_column or default_text_column(folder)
    if order.rows_per_shard < 1:
        raise TweetsentError(f"--rows-per-shard is {order.rows_per_shard}: give 1 or more")
    keep = list(order.keep) or find_id_columns(files, text_column, order.encoding)
    return Corpus(
        files=files,
        text_column=text_column,
        keep=list(dict.fromkeys(keep)),
        date_column=order.date_column,
        encoding=order.encoding,
        rows_per_shard=order.rows_per_shard,
    )


def default_text_column(folder: Path) -> str:
    """Return the text column that a run was trained on."""
    column = load_record(folder.parent / "params.yaml", load_yaml).get("text_column", "")
    if not column:
        raise TweetsentError("there is no --text-column: name the column of the texts")
    return column


def find_id_columns(files: Sequence[Path], text_column: str, encoding: str) -> list[str]:
    """Return the columns of the first readable file that are called like ids, and say so."""
    for path in files:
        try:
            names = open_source(path, text_column, encoding).names
        except TweetsentError:
            continue
        found = [name for name in names if re.fullmatch(ID_NAME, name) and name != text_column]
        if found:
            say(f"kept next to the answers: {', '.join(found)} (--keep names others)")
        return found
    return []


def identify(folder: Path, precision: str) -> str:
    """Return what a model is known by: the checksums of its weights, settings and tokenizer."""
    names = ["model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"]
    if precision in ONNX_PRECISIONS:
        exported = folder.parent / "onnx"
        folder = exported if exported.is_dir() else folder
        names = [path.name for path in sorted(folder.glob("*.onnx*"))] + names[1:]
    remedy = "name the folder of a whole model"
    with user_error(f"{folder} cannot be read", remedy, OSError):
        sums = [sha256_of(folder / name) for name in names if (folder / name).is_file()]
    if not sums:
        raise TweetsentError(f"{folder} holds no model: name a run (--run) or a model's folder")
    return " ".join(found[:16] for found in sums)


def describe_settings(classifier: TweetClassifier, model: str) -> dict[str, Any]:
    """Return what decides the answers, as far as the model has a part in it."""
    return {
        "model": model,
        "labels": classifier.label_order,
        "precision": classifier.precision_name,
        "unsure_below": classifier.unsure_below,
    }


def describe_device(classifier: TweetClassifier) -> str:
    """Return what a model computes on, and in which precision."""
    device = getattr(classifier.model, "device", "cpu")
    return f"{device} in {classifier.precision_name}"


class Follower:
    """Says how far the work has come: in one line of a terminal, or in a line a minute."""

    def __init__(self) -> None:
        self.is_watched = sys.stderr.isatty()
        self.pace = Pace(SECONDS_PER_LOOK if self.is_watched else SECONDS_PER_LINE)
        self.has_line = False

    def report(self, progress: Progress) -> None:
        """Show the progress, if it is time."""
        if not self.pace.is_due():
            return
        line = describe_progress(progress)
        if self.is_watched:
            self.has_line = True
            say(line[:LINE].ljust(LINE), "stderr", before="\r", end="")
        else:
            say(line, "stderr")

    def close(self) -> None:
        """Leave the line, if there is one."""
        if self.has_line:
            say("", "stderr")


def describe_progress(progress: Progress) -> str:
    """Return a line: rows, rows a second, and the time that is left.

    >>> describe_progress(Progress(rows=1200, kept=0, seconds=60, share=0.25, begun=0.0))
    '1,200 rows, 20/s, 25%, 3 min left'
    """
    rows = f"{progress.rows:,} rows"
    if progress.kept:
        rows = f"{rows} and {progress.kept:,} from before"
    done = progress.share - progress.begun
    left = (1 - progress.share) / done * progress.seconds if done > 0 else 0
    return f"{rows}, {progress.rate:,.0f}/s, {progress.share:.0%}, {in_time(left)} left"


def in_time(seconds: float) -> str:
    """Return seconds as a person says them.

    >>> in_time(7500)
    '2 h 5 min'
    """
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if hours < 48 else f"{hours / 24:,.1f} days"


def say_result(result: Result, out: Path) -> None:
    """Say what was done in this process."""
    before = f", {result.kept:,} were there from before" if result.kept else ""
    say(f"scored now: {result.rows:,} rows{before}; the answers are in {out}")
    for what, rows in result.notes.items():
        say(f"{rows:,} rows {what}")


def leave_summary(
    out: Path,
    summary: Summary,
    label_order: Sequence[str],
    folder: Path,
    known: KnownTexts | None,
) -> None:
    """Write and say the summary, with its figure."""
    if summary.complete < summary.files:
        what = f"finished files: {summary.complete:,} of {summary.files:,}"
        say(f"{what}; the summary is of what there is")
    path = save_summary(out, summary, label_order, known)
    for line in summary.lines(known):
        say(line)
    matplotlib.use("agg")
    use_style()
    ordered = load_json(folder / "dataset.json").get("ordered", False)
    table = summary.table(label_order)
    if len(table):
        figure = plot_corpus(table, ordered)
        target = out / "summary.png"
        write_atomically(target, lambda file: figure.savefig(file, format="png", dpi=150))
    say(f"summary: {path}")


def refuse_failures(result: Result) -> None:
    """Raise a `TweetsentError` that names the files that could not be read to their end."""
    if not result.failures:
        return
    messages = list(result.failures.values())
    shown = "; ".join(messages[:MOST_NAMED])
    more = len(messages) - MOST_NAMED
    rest = f"; and {more:,} more" if more > 0 else ""
    what = f"{len(messages):,} of the files could not be read to the end ({shown}{rest})"
    remedy = "repair them and give the same command, with another --out for those begun already"
    raise TweetsentError(f"{what}: {remedy}")
