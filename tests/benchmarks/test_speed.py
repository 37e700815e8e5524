"""`speed.py` on a tiny encoder and a hundred tweets: all peers train, and all is counted."""

import json
from typing import Any

import numpy as np
import pytest
import speed
import torch
from common import save_figures
from peers import PEERS
from tweets import draw_tweets

from tweetsent_utils.data.tokenizing import load_tokenizer, tokenize
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json

SIZES = {"train": 100, "validation": 50}
SEED = 7
EPOCHS = 2


@pytest.fixture(scope="module")
def result(tiny_encoder, tweets_file, measure_here) -> dict[str, Any]:
    """The figures of all peers with one seed; the capped one is stopped after its first step."""
    line = f"--train 100 --validation 50 --seeds {SEED} --epochs {EPOCHS} --cap 1e-9"
    files = ["--data", str(tweets_file), "--encoder", str(tiny_encoder)]
    options = speed.parse_options([*line.split(), *files])
    return json.loads(json.dumps(speed.bench(options, measure_here)))


@pytest.fixture(scope="module")
def lengths(tiny_encoder, tweets_file) -> dict[str, np.ndarray]:
    """The number of tokens of each training tweet, by cleaning."""
    texts = draw_tweets(SIZES, SEED, tweets_file)["train"]["text"].tolist()
    counts = {}
    for cleaning in ("raw", "words"):
        tokenizer = load_tokenizer(tiny_encoder, cleaning, 128)
        counts[cleaning] = np.array([len(ids) for ids in tokenize(texts, tokenizer)])
    return counts


def row_of(result: dict[str, Any], peer: str) -> dict[str, Any]:
    (row,) = (row for row in result["runs"] if row["peer"] == peer)
    return row


@pytest.mark.slow
def test_all_peers_are_measured_and_a_missing_gpu_is_named(result):
    assert [row["peer"] for row in result["runs"]] == list(PEERS)
    assert [row["peer"] for row in result["summary"]] == list(PEERS)
    assert result["not_measured"] == ["cuda:0"]
    table = speed.make_table(result)
    assert all(peer.title in table for peer in PEERS.values())
    assert "cuda:0: not measured" in table


@pytest.mark.slow
def test_the_original_takes_the_file_in_order_padded_batch_by_batch(result, lengths):
    batches = [lengths["raw"][start : start + 16] for start in range(0, 100, 16)]
    timed = (batches * EPOCHS)[2:]
    row = row_of(result, "original")
    assert (row["steps"], row["tweets"], row["precision"]) == (12, 168, "float32")
    assert row["real_tokens"] == sum(batch.sum() for batch in timed)
    assert row["positions"] == sum(len(batch) * batch.max() for batch in timed)
    assert row["tokenise_seconds"] == 0  # it is in the steps


@pytest.mark.slow
@pytest.mark.parametrize(
    ("peer", "batch_size", "cleaning"),
    [
        ("trainer", 8, "raw"),
        ("ours", 16, "raw"),
        ("ours_32", 32, "raw"),
        ("ours_words", 32, "words"),
    ],
)
def test_a_peer_sees_every_tweet_once_an_epoch(result, lengths, peer, batch_size, cleaning):
    row = row_of(result, peer)
    assert row["finished"]
    assert row["steps"] == EPOCHS * -(-100 // batch_size) - 2
    assert row["max_lr"] == pytest.approx(2e-4 * batch_size / 16)
    assert row["tokenise_seconds"] > 0
    assert 0 <= row["validation_accuracy"] <= 1

    untimed = EPOCHS * 100 - row["tweets"]
    assert untimed in (2 * batch_size, batch_size + 100 % batch_size)
    counts = np.sort(lengths[cleaning])
    all_tokens = EPOCHS * counts.sum()
    assert all_tokens - counts[-untimed:].sum() <= row["real_tokens"]
    assert row["real_tokens"] <= all_tokens - counts[:untimed].sum()
    assert row["real_tokens"] <= row["positions"] <= row["tweets"] * counts.max()


@pytest.mark.slow
def test_a_training_that_reaches_its_cap_is_reported_as_unfinished(result):
    row = row_of(result, "trainer_best")
    assert not row["finished"]
    assert (row["steps"], row["tweets"]) == (1, 32)
    assert "validation_accuracy" not in row
    assert "unfinished: 32 tweets" in speed.describe_row(row)
    (summary,) = (row for row in result["summary"] if row["peer"] == "trainer_best")
    assert not summary["finished"]


@pytest.mark.slow
def test_no_text_of_a_tweet_and_no_path_is_in_the_figures(result, tweets_file, tiny_encoder):
    written = json.dumps(result).lower()
    assert "zebrafish" not in written
    assert str(tweets_file.parent) not in written
    assert str(tiny_encoder) not in written


def test_devices_are_those_that_are_there(monkeypatch):
    assert speed.choose_devices("auto") == (["cpu"], ["cuda:0"])
    assert speed.choose_devices("cpu") == (["cpu"], [])
    with pytest.raises(TweetsentError, match="no GPU"):
        speed.choose_devices("cuda:0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert speed.choose_devices("auto") == (["cpu", "cuda:0"], [])


def test_figures_are_written_with_the_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path))
    save_figures("speed", {"summary": []})
    written = load_json(tmp_path / "bench" / "speed.json")
    assert written["summary"] == []
    assert written["environment"]["cores"] >= 1
    assert "torch" in written["environment"]["packages"]
