"""Ray gives the answers of the local engine, row by row, and survives a worker that is killed."""

import os
import signal
import sys
import threading
import time

import psutil
import pytest
from pyarrow import dataset
from stub_scorer import StubScorer

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.scoring import ray_engine
from tweetsent_utils.scoring.corpus import Corpus, score_corpus
from tweetsent_utils.scoring.output import Output
from tweetsent_utils.scoring.ray_engine import score_with_ray, summarize_answers

HAS_RAY = ray_engine.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(not HAS_RAY, reason="Ray is not installed")
ROWS = 600


def test_without_ray_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(ray_engine, "find_spec", lambda name: None)
    with pytest.raises(TweetsentError, match=r"requirements-scale\.txt"):
        ray_engine.start_ray()


class Busy:
    """What stands for Ray on a machine on which it starts late, if ever."""

    def __init__(self, failures):
        self.failures = failures
        self.is_up = False

    def is_initialized(self):
        return self.is_up

    def init(self, **options):
        if self.failures:
            self.failures -= 1
            raise Exception("The current node timed out")
        self.is_up = True

    def shutdown(self):
        pass


@pytest.mark.parametrize(("failures", "address"), [(2, ""), (0, "auto")])
def test_on_a_busy_machine_ray_is_started_again(failures, address):
    busy = Busy(failures)
    ray_engine.init(busy, address)
    assert busy.is_up


@pytest.mark.parametrize(("failures", "address"), [(3, ""), (1, "auto")])
def test_a_cluster_that_never_comes_is_an_error(failures, address):
    with pytest.raises(Exception, match="timed out"):
        ray_engine.init(Busy(failures), address)


@pytest.fixture(scope="module")
def cluster():
    """A small cluster on this machine, whose workers find the package and these tests."""
    ray = pytest.importorskip("ray")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(PROJECT_ROOT), str(PROJECT_ROOT / "tests")])
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        ray_engine.init(ray, "", num_cpus=2, object_store_memory=10**8)
    except Exception as error:  # noqa: BLE001 - Ray raises a plain one when it is too late
        pytest.skip(f"Ray does not start in its half minute, as on a busy machine ({error})")
    yield ray
    ray.shutdown()


@pytest.fixture
def corpus(tmp_path) -> Corpus:
    """A whole CSV, one with damaged rows, and a Parquet file that is none."""
    whole, odd, bad = (tmp_path / name for name in ("a.csv", "b.csv", "c.parquet"))
    body = "".join(f"{number},text {number},2020-03-0{1 + number % 9}\n" for number in range(ROWS))
    whole.write_text(f"id,text,day\n{body}")
    odd.write_text("id,text,day\n1,good,\n2,too,many,fields\n3,,\n")
    bad.write_bytes(b"nothing")
    return Corpus([whole, odd, bad], "text", ["id"], "day", rows_per_shard=100)


def rows_of(folder) -> list[dict]:
    table = dataset.dataset(folder / "parts").to_table().to_pylist()
    return sorted(table, key=lambda row: (row["file"], row["row"]))


@needs_ray
@pytest.mark.slow
def test_both_engines_give_the_same_rows_by_their_ids(cluster, corpus, tmp_path):
    result = score_with_ray(StubScorer, corpus, tmp_path / "ray", {"model": "stub"})
    score_corpus(StubScorer(), corpus, Output(tmp_path / "local", {"model": "stub"}))
    *found, nowhere = rows_of(tmp_path / "ray")
    assert found == rows_of(tmp_path / "local")
    assert len(found) == ROWS + 3
    assert nowhere["row"] == -1 and "c.parquet is damaged" in nowhere["reason"]
    assert list(result.failures) == [corpus.files[2]] and result.rows == ROWS + 3
    summary = summarize_answers(tmp_path / "ray", files=3)
    assert (summary.rows, summary.answered, summary.complete) == (ROWS + 3, ROWS + 1, 2)
    assert sum(sum(labels.values()) for labels in summary.days.values()) == ROWS + 1

    again = score_with_ray(StubScorer, corpus, tmp_path / "ray", {"model": "stub"})
    assert again.rows == 0 and again.kept == ROWS + 4
    with pytest.raises(TweetsentError, match="holds other answers"):
        score_with_ray(StubScorer, corpus, tmp_path / "ray", {"model": "other"})


class SlowScorer(StubScorer):
    """A stub that says which process it is in, and takes its time."""

    def __init__(self) -> None:
        super().__init__(seconds=3.0)
        folder = os.environ["TWEETSENT_TEST_WORKERS"]
        with open(os.path.join(folder, str(os.getpid())), "w"):
            pass


@needs_ray
@pytest.mark.slow
def test_a_worker_that_is_killed_costs_no_row(cluster, corpus, tmp_path, monkeypatch):
    workers = tmp_path / "workers"
    workers.mkdir()
    monkeypatch.setattr(ray_engine, "ROWS_AT_ONCE", 200)
    killed = []

    def kill_first() -> None:
        for _ in range(600):
            for path in workers.iterdir():
                time.sleep(0.5)  # it is at work
                psutil.Process(int(path.name)).send_signal(signal.SIGKILL)
                killed.append(path.name)
                return
            time.sleep(0.1)

    thread = threading.Thread(target=kill_first)
    thread.start()
    opener = SlowOpener(str(workers))
    result = score_with_ray(opener, corpus, tmp_path / "ray", {"model": "stub"})
    thread.join()
    assert killed and len(list(workers.iterdir())) > 1
    assert result.rows == ROWS + 3
    ids = [row["id"] for row in rows_of(tmp_path / "ray") if row["file"].endswith("a.csv")]
    assert ids == [str(number) for number in range(ROWS)]


class SlowOpener:
    """Opens a `SlowScorer` in a worker."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self) -> StubScorer:
        os.environ["TWEETSENT_TEST_WORKERS"] = self.folder
        return SlowScorer()


if HAS_RAY:  # a worker cannot import a test module: what is in it travels by value
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
