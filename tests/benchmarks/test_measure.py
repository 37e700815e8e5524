"""One training, measured: the same start for all peers, and processes that fail or hang."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import measure
import pytest
from measure import Job, measure_apart
from peers import PEERS
from tweets import draw_tweets, save_tweets

from tweetsent_utils.errors import TweetsentError


@pytest.fixture
def job(tiny_encoder, tweets_file, tmp_path) -> Job:
    """A small job of the original's loop."""
    tweets = draw_tweets({"train": 40, "validation": 10}, 0, tweets_file)
    save_tweets(tmp_path / "tweets", tweets)
    return Job(
        peer="original",
        seed=0,
        device="cpu",
        encoder=str(tiny_encoder),
        tweets=str(tmp_path / "tweets"),
        max_lr=1e-4,
        matrix_size=64,
        matrix_seconds=0.001,
    )


@pytest.mark.slow
def test_all_peers_have_the_same_dropout_and_the_same_head(job, measure_here, monkeypatch):
    starts = []

    def look(setting):
        config = setting.model.config
        head = setting.model.classifier.weight.sum().item()
        starts.append((config.dropout, config.attention_dropout, head))

    for name, peer in PEERS.items():
        monkeypatch.setitem(PEERS, name, replace(peer, train=look))
        measure_here(replace(job, peer=name))
    assert len(starts) == len(PEERS)
    assert len(set(starts)) == 1
    assert starts[0][:2] == (0.1, 0.1)


@pytest.mark.slow
def test_a_process_of_its_own_gives_the_same_counts(job, measure_here):
    apart = measure_apart(job)
    here = measure_here(job)
    for name in ("peer", "steps", "tweets", "real_tokens", "positions", "layer_parameters"):
        assert apart[name] == here[name]
    assert apart["peak_mib"] != here["peak_mib"]


@pytest.mark.parametrize(
    ("report", "expected"),
    [({"tweets": 32, "seconds": 9.0}, (32, 9.0)), ({}, (0, 6.0))],
    ids=["it left a report", "it left nothing"],
)
def test_a_process_that_hangs_gives_what_it_left(job, monkeypatch, report, expected):
    def hang(command, timeout, **_):
        Path(command[-1]).write_text(json.dumps(report))
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(measure.subprocess, "run", hang)
    row = measure_apart(replace(job, cap=5.0), start_up=1.0)
    assert not row["finished"]
    assert (row["tweets"], row["seconds"]) == expected


def test_a_process_that_fails_is_reported_with_its_last_words(job, monkeypatch):
    failed = SimpleNamespace(returncode=1, stderr="MemoryError: all of it")
    monkeypatch.setattr(measure.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(TweetsentError, match="MemoryError"):
        measure_apart(job)
