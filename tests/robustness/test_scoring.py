"""Scoring a corpus survives what machines and users do to it, and loses no row.

Two kills are enough to notice a fault now and then; for a drill, set TWEETSENT_KILLS.
"""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import csv, dataset, parquet
from stub_scorer import StubScorer

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.scoring import output as output_module
from tweetsent_utils.scoring.corpus import Corpus, score_corpus
from tweetsent_utils.scoring.output import Output
from tweetsent_utils.scoring.summary import summarize

KILLS = int(os.environ.get("TWEETSENT_KILLS", 2))
ROWS = 3_000
SETTINGS = {"model": "stub"}
TESTS = PROJECT_ROOT / "tests"
STUB = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from stub_scorer import StubScorer
from tweetsent_utils.scoring.corpus import Corpus, score_corpus
from tweetsent_utils.scoring.output import Output
files = [Path(name) for name in {files!r}]
corpus = Corpus(files, "text", ["id"], rows_per_shard=100)
print("begun", flush=True)
score_corpus(StubScorer(0.004), corpus, Output(Path({out!r}), {settings!r} | corpus.settings()))
"""


def text_of(number: int) -> str:
    return f"text {number}"


@pytest.fixture
def files(tmp_path) -> list[Path]:
    """A CSV, a packed JSON lines and a Parquet file, with the ids 0 to 2,999 in all."""
    folder = tmp_path / "in"
    folder.mkdir()
    third = ROWS // 3
    numbers = [range(start, start + third) for start in range(0, ROWS, third)]
    tables = [
        pa.table({"id": list(part), "text": [text_of(number) for number in part]})
        for part in numbers
    ]
    csv.write_csv(tables[0], folder / "a.csv")
    lines = "".join(f'{{"id": {n}, "text": "{text_of(n)}"}}\n' for n in numbers[1])
    with pa.CompressedOutputStream(str(folder / "b.jsonl.gz"), "gzip") as file:
        file.write(lines.encode())
    parquet.write_table(tables[2], folder / "c.parquet", row_group_size=150)
    return sorted(folder.iterdir())


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"


def corpus_of(files, **options) -> Corpus:
    return Corpus(files, "text", ["id"], **{"rows_per_shard": 100, **options})


def output_of(out: Path, corpus: Corpus, **settings) -> Output:
    return Output(out, {**SETTINGS, **settings, **corpus.settings()})


def score(files, out, scorer=None, shard=(1, 1), settings=(), **options):
    corpus = corpus_of(files, **options)
    output = output_of(out, corpus, **dict(settings))
    return score_corpus(scorer or StubScorer(), corpus, output, shard)


def answered_ids(out: Path) -> list[int]:
    tables = [parquet.read_table(path) for path in sorted((out / "parts").glob("*.parquet"))]
    return [int(number) for table in tables for number in table["id"].to_pylist()]


def assert_all_once_in_order(out: Path) -> None:
    assert answered_ids(out) == list(range(ROWS))
    assert not list((out / "parts").glob(".*"))
    tables = [parquet.read_table(path) for path in sorted((out / "parts").glob("*.parquet"))]
    for table in tables:
        ids = [int(number) for number in table["id"].to_pylist()]
        labels = ["long" if len(text_of(number)) > 8 else "short" for number in ids]
        assert table["label"].to_pylist() == labels


def test_every_row_is_answered_once_and_in_order(files, out):
    result = score(files, out)
    assert (result.rows, result.kept, result.failures) == (ROWS, 0, {})
    assert_all_once_in_order(out)
    again = score(files, out)
    assert (again.rows, again.kept) == (0, ROWS)
    assert_all_once_in_order(out)


def test_the_output_is_one_dataset_with_the_place_of_each_row(files, out):
    score(files, out)
    table = dataset.dataset(out / "parts").to_table(columns=["file", "row"])
    places = Counter(zip(table["file"].to_pylist(), table["row"].to_pylist(), strict=True))
    expected = {(str(path), row) for path in files for row in range(ROWS // 3)}
    assert set(places) == expected and set(places.values()) == {1}


# --- killed, stopped, full, read-only ---


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_process_killed_at_random_moments_loses_nothing_and_answers_nothing_twice(
    files,
    out,
    tmp_path,
    number,
):
    script = tmp_path / "score.py"
    names = [str(path) for path in files]
    code = STUB.format(tests=str(TESTS), files=names, out=str(out), settings=SETTINGS)
    script.write_text(code)
    before = 0
    for _ in range(KILLS):
        process = start(script)
        assert process.stdout.readline() == "begun\n"
        time.sleep(random.uniform(0.02, 0.25))
        process.send_signal(number)
        process.communicate(timeout=120)
        there = len(answered_ids(out)) if out.exists() else 0
        assert there >= before  # what is finished stays
        before = there
    process = start(script)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors[-2000:]
    assert_all_once_in_order(out)


def start(script: Path) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
    return subprocess.Popen(
        [sys.executable, str(script)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_full_disk_is_one_sentence_and_the_rest_follows_when_there_is_room(
    files,
    out,
    monkeypatch,
):
    write_table = parquet.write_table
    written = []

    def write_until_full(table, target, **options):
        written.append(1)
        if len(written) > 7:
            target.write(b"half a shard")
            raise OSError(errno.ENOSPC, "No space left on device")
        write_table(table, target, **options)

    monkeypatch.setattr(output_module.parquet, "write_table", write_until_full)
    with pytest.raises(TweetsentError, match=r"No space left on device.*: make room"):
        score(files, out)
    assert answered_ids(out) == list(range(700))
    monkeypatch.undo()
    assert score(files, out).rows == ROWS - 700
    assert_all_once_in_order(out)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused_before_anything_is_scored(files, out):
    out.mkdir()
    out.chmod(0o500)
    with pytest.raises(TweetsentError, match="cannot be written"):
        score(files, out, Untouched())


def test_a_folder_that_cannot_be_made_is_refused_before_anything_is_scored(files, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TweetsentError, match="cannot be written"):
        score(files, tmp_path / "file" / "out", Untouched())


class Untouched(StubScorer):
    """A scorer that must not be asked."""

    def read(self, values):
        raise AssertionError("something was scored")


# --- damaged files ---


def test_a_corrupt_file_is_named_and_the_others_are_answered(files, out):
    a, b, c = files
    whole = c.read_bytes()
    c.write_bytes(whole[: len(whole) // 2])
    packed = b.read_bytes()
    b.write_bytes(packed[: len(packed) // 2])
    result = score(files, out)
    assert set(result.failures) == {b, c}
    assert "c.parquet is damaged" in result.failures[c]
    ids = answered_ids(out)
    assert ids[:1000] == list(range(1000))
    assert ids[1000:] == list(range(1000, 1000 + len(ids) - 1000))  # of b, whole shards
    output = output_of(out, corpus_of(files))
    assert summarize(output, [0, 1, 2]).complete == 1

    c.write_bytes(whole)  # none of it has been answered, so it may change
    assert score(files, out).failures.keys() == {b}
    assert summarize(output, [0, 1, 2]).complete == 2
    if len(ids) > 1000:  # of b, some rows are answered: it must not become another file
        b.write_bytes(packed)
        with pytest.raises(TweetsentError, match="has changed since"):
            score(files, out)


def test_a_damaged_shard_is_made_again(files, out):
    score(files, out)
    shard = sorted((out / "parts").glob("*.parquet"))[3]
    shard.write_bytes(shard.read_bytes()[:-20])
    assert score(files, out).rows == 100
    assert_all_once_in_order(out)


def test_damaged_rows_stay_in_their_places_with_a_reason(out, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,good\n2,too,many\n3,\n4,"two\nlines"\n5,"lone\n6,last\n')
    score([path], out, rows_per_shard=4)
    tables = [parquet.read_table(path) for path in sorted((out / "parts").glob("*.parquet"))]
    table = pa.concat_tables(tables)
    assert table["row"].to_pylist() == [0, 1, 2, 3, 4, 5]
    assert table["id"].to_pylist() == ["1", None, "3", "4", "5", "6"]
    reasons = ["", "3 fields instead of 2", "no text", "", "", ""]
    assert [reason or "" for reason in table["reason"].to_pylist()] == reasons
    labels = table["label"].to_pylist()
    assert [label is None for label in labels] == [bool(reason) for reason in reasons]
    assert table["p_long"].null_count == 2
    summary = summarize(output_of(out, corpus_of([path], rows_per_shard=4)), [0])
    assert (summary.rows, summary.answered) == (6, 4)
    assert summary.reasons == {"3 fields instead of 2": 1, "no text": 1}


# --- two at once, other models, other files ---


class Meddler(StubScorer):
    """A scorer in whose midst somebody does something, once."""

    def __init__(self, meddle) -> None:
        super().__init__()
        self.meddle = meddle

    def read(self, values):
        if self.meddle:
            meddle, self.meddle = self.meddle, None
            meddle()
        return super().read(values)


def test_a_second_process_is_kept_out_and_the_first_goes_on(files, out):
    def second() -> None:
        for shard in ((1, 1), (1, 2)):
            with pytest.raises(TweetsentError, match="in use by another process"):
                score(files, out, Untouched(), shard)

    score(files, out, Meddler(second))
    assert_all_once_in_order(out)


def test_processes_that_divide_the_files_work_side_by_side(files, out):
    def others() -> None:
        for index in (2, 3):
            score(files, out, shard=(index, 3))
        with pytest.raises(TweetsentError, match="in use"):
            score(files, out, Untouched(), (2, 2))

    first = score(files, out, Meddler(others), (1, 3))
    assert 0 < first.rows < ROWS
    assert_all_once_in_order(out)


@pytest.mark.parametrize("count", [2, 4, 7])
def test_shares_are_disjoint_and_together_all(files, out, count):
    rows = [score(files, out, shard=(index, count)).rows for index in range(1, count + 1)]
    assert sum(rows) == ROWS
    assert max(rows) - min(rows) <= 400
    assert_all_once_in_order(out)


def test_many_files_are_divided_as_they_are(out, tmp_path):
    files = []
    for number in range(8):
        files.append(tmp_path / f"{number}.csv")
        files[-1].write_text(f"id,text\n{number},{'text' * number}\n")
    for index in (1, 2):
        assert score(files, out, shard=(index, 2)).rows == 4
    assert sorted(answered_ids(out)) == list(range(8))


def test_a_model_swapped_midway_is_refused_and_answers_are_not_mixed(files, out):
    score(files[:1], out)
    for settings in ({"model": "other"}, {"unsure_below": 0.9}):
        with pytest.raises(TweetsentError, match=r"other settings.*not mixed.*--out"):
            score(files, out, Untouched(), settings=settings)
    with pytest.raises(TweetsentError, match=r"rows_per_shard 100 -> 50"):
        score(files, out, Untouched(), rows_per_shard=50)
    score(files, out)
    assert_all_once_in_order(out)


def test_a_shard_of_another_model_that_was_copied_in_is_made_again(files, out, tmp_path):
    score(files, out)
    score(files, tmp_path / "other", settings={"model": "other"})
    name = "00001-000003.parquet"
    shutil.copy(tmp_path / "other" / "parts" / name, out / "parts" / name)
    assert score(files, out).rows == 100


def test_a_file_that_changed_is_refused_and_one_that_was_only_touched_is_not(files, out):
    score(files, out)
    os.utime(files[0], (0, 0))
    assert score(files, out).kept == ROWS
    files[0].write_text(files[0].read_text().replace("text 1", "text 9", 1))
    with pytest.raises(TweetsentError, match=r"a\.csv has changed since"):
        score(files, out, Untouched())


def test_files_may_come_later_and_only_they_are_scored(files, out):
    score(files[:2], out)
    assert score(files, out).rows == 1000
    assert_all_once_in_order(out)
    with pytest.raises(TweetsentError, match="begun with other files"):
        score([*files, files[0].with_name("d.csv")], out, shard=(1, 2))


def test_a_folder_that_holds_something_else_is_left_alone(files, out):
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(TweetsentError, match=r"holds thesis\.txt"):
        score(files, out, Untouched())
    assert (out / "thesis.txt").read_text() == "mine"
