"""`make bench` counts what it says it counts: every peer trains here on a tiny encoder and a hundred tweets."""

import json
import os
import runpy
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import yaml
from conftest import CLASS_WORDS, LABEL_ORDER, write_kaggle_csv

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import PROJECT_ROOT, REFERENCE, load_json
from tweetsent_utils.training import pick_precision

sys.path.append(str(PROJECT_ROOT / "tests" / "benchmarks"))

import common
import peers
import scaling
import speed
import startup

CPU = torch.device("cpu")
MARKER = "zebrafish"  # in every tweet, and in nothing else
PUBLISH = SimpleNamespace(**runpy.run_path(str(REFERENCE / "publish.py")))


@pytest.fixture(scope="module")
def tweets_file(tmp_path_factory) -> Path:
    """A file of 150 tweets of different lengths, each with the marker."""
    rows = []
    for number in range(150):
        label = LABEL_ORDER[number % 5]
        text = f"{MARKER} #{'hash' * (number % 4)} " + CLASS_WORDS[label][number % 2] * (1 + number % 3)
        rows.append((f"{text} {number}", label))
    return write_kaggle_csv(tmp_path_factory.mktemp("bench") / "tweets.csv", rows)


def in_process(job: peers.Job, folder: Path) -> dict:
    """What `speed.measure_apart` does, without a process of its own."""
    speed.measure(job, report := folder / "report.json")
    return load_json(report)


@pytest.fixture(scope="module")
def result(tiny_encoder, tweets_file, tmp_path_factory) -> dict:
    """The figures of all peers on one seed, Trainer's best settings stopped after their first step."""
    line = ["--data", str(tweets_file), "--train", "100", "--validation", "50", "--seeds", "7", "--cap", "1e-9"]
    line += ["--epochs", "1"]
    options = speed.parse([*line, "--encoder", str(tiny_encoder)])
    options.matrix = {"matrix_size": 64, "matrix_seconds": 0.001}
    folder = tmp_path_factory.mktemp("reports")
    return json.loads(json.dumps(speed.bench(options, lambda job: in_process(job, folder))))


@pytest.fixture(scope="module")
def lengths(tiny_encoder, tweets_file) -> dict[str, np.ndarray]:
    """The number of tokens of each of the 100 training tweets, by cleaning."""
    texts = common.read_labelled(tweets_file).sample(150, random_state=7)["text"].tolist()[:100]
    tokenizers = {name: speed.load_tokenizer(tiny_encoder, name, 128) for name in ("raw", "words")}
    return {name: np.array([len(ids) for ids in speed.tokenize(texts, it)]) for name, it in tokenizers.items()}


def row_of(result: dict, peer: str) -> dict:
    (row,) = (row for row in result["runs"] if row["peer"] == peer)
    return row


def test_all_peers_are_measured_and_the_missing_gpu_is_named(result):
    assert [row["peer"] for row in result["runs"]] == list(peers.PEERS)
    assert {row["device"] for row in result["runs"]} == {"cpu"}
    assert result["not_measured"] == ["cuda:0"]
    assert result["tweets"] == "real" and result["encoder"] == "a local folder"


def test_the_original_takes_the_file_in_order_and_its_last_five_batches_are_timed(result, lengths):
    row, batches = row_of(result, "original"), [lengths["raw"][start : start + 16] for start in range(32, 100, 16)]
    assert (row["steps"], row["tweets"], row["precision"]) == (5, 68, "float32")
    assert row["real_tokens"] == sum(batch.sum() for batch in batches)
    assert row["positions"] == sum(len(batch) * batch.max() for batch in batches)
    assert row["tokenise_seconds"] == 0  # it is in the steps


@pytest.mark.parametrize(
    ("peer", "batch_size", "cleaning"),
    [("trainer", 8, "raw"), ("ours", 16, "raw"), ("ours_32", 32, "raw"), ("ours_words", 32, "words")],
)
def test_a_peer_sees_every_tweet_once_in_its_own_batches(result, lengths, peer, batch_size, cleaning):
    row, counts = row_of(result, peer), lengths[cleaning]
    assert row["finished"] and row["batch_size"] == batch_size and row["cleaning"] == cleaning
    assert row["steps"] == -(-100 // batch_size) - 2
    untimed = 100 - row["tweets"]
    assert untimed in (2 * batch_size, batch_size + 100 % batch_size)
    shortest, longest = np.sort(counts)[:untimed].sum(), np.sort(counts)[-untimed:].sum()
    assert counts.sum() - longest <= row["real_tokens"] <= counts.sum() - shortest
    assert row["real_tokens"] <= row["positions"] <= row["tweets"] * counts.max()
    assert row["tokenise_seconds"] > 0 and row["seconds"] > 0 and row["peak_mib"] > 0
    assert 0 <= row["validation_accuracy"] <= 1


def test_the_shares_of_ours_add_up_and_nothing_is_counted_twice(result):
    names = [name for names in peers.WORK.values() for name in names]
    assert len(names) == len(set(names))
    ours = {row["peer"]: row["shares_of_time"] for row in result["summary"] if "shares_of_time" in row}
    assert list(ours) == ["ours", "ours_32", "ours_words"]
    for shares in ours.values():
        assert sum(shares.values()) == pytest.approx(1) and min(shares.values()) >= 0
        assert shares["matrix products"] > 0 and shares["optimizer and clipping"] > 0

    def one_product() -> None:
        torch.ones(500, 500) @ torch.ones(500, 500)

    assert peers.shares_of_time(one_product)["matrix products"] > 0.5


def test_words_are_fewer_tokens_and_our_batches_hold_less_padding(result, lengths):
    assert lengths["words"].sum() < lengths["raw"].sum()
    padding = {row["peer"]: row["padding"] for row in result["summary"]}
    assert padding["ours"] < padding["original"] / 2


def test_a_training_that_reaches_its_cap_is_reported_as_unfinished(result):
    row = row_of(result, "trainer_best")
    assert not row["finished"] and (row["steps"], row["tweets"]) == (1, 32)
    assert f"torch.{row['precision']}" == str(pick_precision("auto", torch.device("cpu")))
    assert "validation_accuracy" not in row
    line = speed.tell(row)
    assert "unfinished" in line and "32 tweets" in line
    table = PUBLISH.speed_table(result)
    (shown,) = (line for line in table.splitlines() if "bf16 and length grouping" in line)
    assert "unfinished: 32 tweets in 0 s" in shown
    assert table.endswith("cuda:0: not measured (no GPU)")


def test_no_text_of_a_tweet_is_in_the_figures(result, tweets_file):
    written = json.dumps(result).lower()
    assert MARKER not in written and MARKER in common.read_labelled(tweets_file)["text"][0]
    assert str(tweets_file.parent) not in written


def test_a_process_of_its_own_gives_the_same_counts_and_a_hanging_one_what_it_left(
    result, tiny_encoder, tweets_file, tmp_path, monkeypatch
):
    speed.write_tweets(tmp_path / "tweets", {"train": 100, "validation": 50}, 7, tweets_file)
    job = peers.Job("original", 7, "cpu", str(tiny_encoder), str(tmp_path / "tweets"), 1.5e-4)
    job = replace(job, matrix_size=64, matrix_seconds=0.001)
    row = speed.measure_apart(job)
    same = ("peer", "steps", "tweets", "real_tokens", "positions", "layer_parameters")
    assert [row[name] for name in same] == [row_of(result, "original")[name] for name in same]
    assert row["peak_mib"] != row_of(result, "original")["peak_mib"]

    def hang(command: list[str], **options: object) -> None:
        kept = {"tweets": 32, "seconds": 9.0, "finished": False}
        Path(command[-1]).write_text(json.dumps(kept if left else {}))
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(subprocess, "run", hang)
    for left in (True, False):
        row = speed.measure_apart(replace(job, peer="trainer_best", cap=5.0), start_up=1.0)
        assert not row["finished"] and (row["tweets"], row["seconds"]) == ((32, 9.0) if left else (0, 6.0))


def test_a_process_that_fails_is_told_with_its_last_words(tmp_path, monkeypatch):
    failed = SimpleNamespace(returncode=1, stderr="MemoryError: all of it")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(TweetsentError, match="MemoryError"):
        speed.measure_apart(peers.Job("ours", 0, "cpu", "", "", 1e-4))


def made_up(peer: str, seed: int, seconds: float, **more: object) -> dict:
    row = {"peer": peer, "seed": seed, "device": "cpu", "finished": True, "precision": "float32", "peak_mib": 100.0}
    row |= {"tweets": 80, "training_tweets": 160, "real_tokens": 4000, "positions": 5000, "seconds": seconds}
    row |= {"tokenise_seconds": 2.0, "epochs": 1, "layer_parameters": 1000, "validation_accuracy": 0.5 + seed / 10}
    return row | {"matrix_flops": {"fp32": 6e6, "bf16": 12e6}} | more


def test_rates_are_what_comes_out_by_hand():
    rates = speed.derive(made_up("ours", 0, 3.0))  # 3 s, and half of the 2 s of tokenising
    assert rates == pytest.approx(
        {
            "tweets_per_second": 20,
            "real_tokens_per_second": 1000,
            "padding": 0.2,
            "useful_flops": 6 * 1000 * 1000,
            "share_of_matrix_rate": 1.0,
        }
    )
    assert speed.derive(made_up("ours", 0, 3.0, precision="bfloat16"))["share_of_matrix_rate"] == pytest.approx(0.5)
    assert speed.derive(made_up("ours", 0, 3.0, tweets=0)) == {}
    twice = speed.derive(made_up("ours", 0, 3.5, epochs=2))  # tokenised once for 320 tweets: half a second is theirs
    assert twice["tweets_per_second"] == 20


def test_a_summary_has_medians_over_seeds_of_rates_and_of_ratios():
    rows = [made_up("original", seed, seconds) for seed, seconds in enumerate((7.0, 3.0, 15.0))]  # 10, 20, 5 tweets/s
    rows += [made_up("ours", seed, seconds) for seed, seconds in enumerate((1.0, 1.0, 3.0))]  # 40, 40, 20
    original, ours = speed.summarise(rows)
    assert (original["tweets_per_second"], original["ratio_to_original"]) == (10, 1)
    assert (ours["tweets_per_second"], ours["ratio_to_original"]) == (40, 4)  # of 4, 2 and 4
    assert "ratio_to_trainer" not in ours and ours["seeds"] == 3
    assert (ours["accuracy_mean"], ours["accuracy_std"]) == pytest.approx((0.6, statistics.stdev((0.5, 0.6, 0.7))))


def test_the_recorder_keeps_batches_that_were_collated_ahead_in_their_order():
    recorder = peers.Recorder(CPU)
    for rows in (1, 2, 3):
        recorder.collated({"attention_mask": torch.ones(rows, 4, dtype=torch.int64)})
    recorder.begin()
    recorder.step()
    recorder.collated({"attention_mask": torch.tensor([[1, 0, 0, 0, 0]] * 5)})
    for _ in range(3):
        recorder.step()
    recorder.finish()
    counts = recorder.counts(finished=True)
    assert [counts[name] for name in ("steps", "tweets", "real_tokens", "positions")] == [2, 8, 17, 37]
    assert recorder.counts(finished=False)["tweets"] == 11  # of an unfinished training, all


def test_all_peers_have_the_same_dropout_and_the_same_head(tiny_encoder, tweets_file, tmp_path, monkeypatch):
    speed.write_tweets(tmp_path / "tweets", {"train": 20, "validation": 10}, 0, tweets_file)
    seen = {}

    def look(setting: peers.Setting) -> None:
        config, head = setting.model.config, setting.model.classifier.weight.sum().item()
        seen[setting.job.peer] = (config.dropout, config.attention_dropout, head)

    for name, peer in peers.PEERS.items():
        monkeypatch.setitem(speed.PEERS, name, replace(peer, train=look))
        in_process(peers.Job(name, 3, "cpu", str(tiny_encoder), str(tmp_path / "tweets"), 1e-4, 0, 64, 0.0), tmp_path)
    assert len(seen) == len(peers.PEERS) and len(set(seen.values())) == 1
    assert seen["ours"][:2] == (0.1, 0.1)


@pytest.mark.parametrize(("peer", "batch_size"), [("original", 16), ("trainer", 8), ("ours", 16), ("ours_32", 32)])
def test_a_second_epoch_doubles_the_steps_and_a_batch_of_twice_the_tweets_the_rate(
    tiny_encoder, tweets_file, tmp_path, peer, batch_size
):
    speed.write_tweets(tmp_path / "tweets", {"train": 64, "validation": 20}, 0, tweets_file)
    job = peers.Job(peer, 0, "cpu", str(tiny_encoder), str(tmp_path / "tweets"), 1e-4, 0, 64, 0.001, epochs=2)
    row = in_process(job, tmp_path)
    assert (row["steps"], row["epochs"]) == (2 * 64 // batch_size - peers.UNTIMED_STEPS, 2)
    assert row["max_lr"] == pytest.approx(1e-4 * batch_size / 16)


def test_synthetic_tweets_are_as_long_as_real_ones_and_the_parts_share_no_tweet():
    tweets = common.synthetic_tweets(2000, "train", 0)
    counts = common.token_counts(tweets["text"].tolist())
    assert counts.mean() == pytest.approx(54.8, rel=0.03) and counts.std() == pytest.approx(20.2, rel=0.05)
    assert counts.max() <= 128
    assert tweets["label"].value_counts(normalize=True).between(0.15, 0.25).all()
    again = common.synthetic_tweets(2000, "train", 0)
    assert tweets.equals(again) and not tweets.equals(common.synthetic_tweets(2000, "train", 1))
    words = common.token_counts(tweets["text"].tolist(), "words").mean() / counts.mean()
    assert words == pytest.approx(32.6 / 54.8, rel=0.1)


def test_devices_are_those_that_are_there(monkeypatch):
    assert speed.devices("auto") == (["cpu"], ["cuda:0"]) and speed.devices("cpu") == (["cpu"], [])
    with pytest.raises(TweetsentError, match="no GPU"):
        speed.devices("cuda:0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert speed.devices("auto") == (["cpu", "cuda:0"], [])


def test_matrix_rates_and_peak_memory_are_of_this_machine():
    rates = speed.matrix_rates(CPU, 64, 0.001)
    assert set(rates) == {"fp32", "bf16"} and min(rates.values()) > 1e6
    before = speed.peak_memory(CPU)
    block = torch.ones(2**25)  # 128 MiB
    assert speed.peak_memory(CPU) >= before and block.sum() > 0
    assert 100 < before < 100_000


def test_every_stage_is_measured_for_every_size(monkeypatch, capsys):
    monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)
    result = scaling.bench([20, 40, 80])
    stages = ["reading", "tokenising", "storing", "batching", "training"]
    assert list(result["seconds"]) == list(result["rows_per_second"]) == list(result["spread"]) == stages
    for stage, seconds in result["seconds"].items():
        rates = {rows: rows / taken for rows, taken in seconds.items()}
        assert rates == result["rows_per_second"][stage] and list(rates) == [20, 40, 80]
        assert result["spread"][stage] == max(rates.values()) / min(rates.values()) >= 1
    assert set(result["tokenising_by_cores"]["seconds"]) == {"one_core", "all_cores"}
    assert "TOKENIZERS_PARALLELISM" not in os.environ
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == [*stages, "tokenising"]
    for line, (stage, spread) in zip(said, result["spread"].items(), strict=False):
        assert f"({result['verdict'][stage]}: within a factor of {spread:.2f})" in line
        assert (result["verdict"][stage] == "linear") == (spread <= 2)


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ({10: 50.0, 100: 90.0, 1000: 60.0}, "linear"),
        ({10: 20.0, 100: 90.0, 1000: 60.0}, "linear beyond a fixed cost, which few rows share"),
        ({10: 90.0, 100: 60.0, 1000: 20.0}, "MORE than linear"),
        ({10: 20.0, 100: 90.0, 1000: 40.0}, "MORE than linear"),
    ],
)
def test_growth_is_linear_when_no_row_gets_dearer_where_there_are_more(rates, said):
    assert scaling.verdict(rates) == said


def test_the_imports_of_a_notebook_are_timed_and_nothing_else_of_it(write_notebook, tmp_path):
    path = write_notebook(tmp_path / "01_a.ipynb", "x = 1", "import json\nraise ValueError", "from os import (\n path)")
    assert startup.import_statements(path) == "import json\nfrom os import path"
    slow = startup.import_seconds("import time as clock\nclock.sleep(0.2)")
    assert 0.2 < slow < 2 and startup.import_seconds("import json") < slow


def test_a_bare_kernel_starts():
    assert 0.05 < startup.kernel_seconds() < 60


PIPELINE = """import json, os, pathlib, sys, time
folder = pathlib.Path(os.environ["TWEETSENT_OUTPUTS"]) / "startup"
folder.mkdir()
(folder / "progress.log").write_text("epochs: 0%\\n")
time.sleep(0.3)
(folder / "progress.log").write_text("epochs: 0%\\nepoch 1 of 1:   0%|")
time.sleep(0.5)
(folder / "seconds.json").write_text(json.dumps({"01": 2.5, "said": sys.argv[1:]}))
sys.exit("num_epochs" not in sys.argv)"""


def test_the_first_training_step_is_when_the_bar_of_the_first_epoch_appears(monkeypatch):
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda line, **more: popen([line[0], "-c", PIPELINE, *line[3:]], **more))
    found = startup.pipeline_seconds({"num_epochs": 1})
    assert found["notebooks"] == {"01": 2.5, "said": ["run", "--run", "startup", "-p", "num_epochs", "1"]}
    assert 0.3 < found["first_training_step"] < found["whole"] - 0.4
    with pytest.raises(TweetsentError, match="pipeline failed"):
        startup.pipeline_seconds({})


def test_figures_are_written_with_the_machine_and_published_without_a_run(tmp_path, monkeypatch):
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path))
    common.save_figures("speed", {"summary": [], "not_measured": ["cuda:0"]})
    written = load_json(tmp_path / "bench" / "speed.json")
    assert written["environment"]["cores"] and "torch" in written["environment"]["packages"]
    monkeypatch.setitem(PUBLISH.publish.__globals__, "REFERENCE", tmp_path / "reference")
    (tmp_path / "reference").mkdir()
    PUBLISH.publish(tmp_path / "bench")
    assert load_json(tmp_path / "reference" / "bench" / "speed.json") == written


def finished_run(folder: Path, accuracy: float, **parameters: object) -> Path:
    """A run folder with the files that a sweep's figures come from."""
    folder.mkdir()
    scores = {"accuracy": accuracy, "macro_f1": accuracy - 0.1, "loss": 1.0, "rows": 40}
    training = {"seconds": 90.0, "tweets": 60, "device": "cpu"}
    (folder / "metrics.json").write_text(json.dumps({"validation": scores, "training": training}))
    given = {"run_name": folder.name, "runs": [folder.name], "num_epochs": 3, **parameters}
    (folder / "params.yaml").write_text(yaml.safe_dump(given))
    (folder / "environment.json").write_text(json.dumps({"cores": 2}))
    return folder


def test_a_sweep_is_published_with_its_spread_over_seeds_and_without_a_test_score(tmp_path, monkeypatch):
    monkeypatch.setitem(PUBLISH.publish_sweep.__globals__, "REFERENCE", tmp_path)
    scores = {("raw", 0): 0.5, ("raw", 1): 0.6, ("words", 0): 0.7, ("words", 1): 0.7}
    runs = [finished_run(tmp_path / f"{c}{s}", value, cleaning=c, seed=s) for (c, s), value in scores.items()]
    PUBLISH.publish_sweep("cleaning", runs)
    written = load_json(tmp_path / "sweeps" / "cleaning.json")
    assert [(row["cleaning"], row["seed"], row["accuracy"]) for row in written["runs"]] == [
        (*key, value) for key, value in scores.items()
    ]
    assert written["parameters"] == {"num_epochs": 3} and written["environment"] == {"cores": 2}
    *_, raw, words = PUBLISH.sweep_table().splitlines()
    assert "| raw | 0.550 ± 0.071 | 0.450 ± 0.071 | 2 | 60 / 40 | 3 epochs, 90 s |" in raw
    assert "| words | 0.700 ± 0.000 |" in words


@pytest.mark.parametrize("other", [{"num_epochs": 4}, {"cleaning": "words", "max_lr": 0.1}])
def test_runs_that_differ_in_more_than_what_was_swept_are_not_published(tmp_path, monkeypatch, other):
    monkeypatch.setitem(PUBLISH.publish_sweep.__globals__, "REFERENCE", tmp_path)
    runs = [finished_run(tmp_path / "one", 0.5, cleaning="raw", seed=0)]
    runs += [finished_run(tmp_path / "two", 0.5, **{"cleaning": "raw", "seed": 1, **other})]
    with pytest.raises(SystemExit, match="differ in more than cleaning and the seed"):
        PUBLISH.publish_sweep("cleaning", runs)
    assert not (tmp_path / "sweeps").exists()


def test_the_published_training_is_as_fast_as_the_project_asks_for_and_as_good_as_its_peers():
    rows = {row["peer"]: row for row in load_json(REFERENCE / "bench" / "speed.json")["summary"]}
    ours = rows["ours_32"]
    assert ours["ratio_to_original"] >= 3.5 and ours["ratio_to_trainer"] >= 2.8 and ours["seeds"] >= 3
    for peer in ("original", "trainer"):
        noise = statistics.fmean((ours["accuracy_std"], rows[peer]["accuracy_std"]))
        assert ours["accuracy_mean"] > rows[peer]["accuracy_mean"] - 2 * noise / ours["seeds"] ** 0.5


@pytest.mark.parametrize("name", ["results", "sweeps", "speed"])
def test_the_readme_holds_the_tables_that_the_published_figures_give(name):
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.split(PUBLISH.BEGIN.format(name))[1].split(PUBLISH.END.format(name))[0].strip()
    assert shown == PUBLISH.tables()[name]
