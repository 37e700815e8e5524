"""`gpu.py`: what fails, hangs or finds no time costs its own figures only."""

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import encoders
import gpu
import gpu_parts
import pytest
import torch
from gpu import Failed, Step, take
from gpu_parts import Order
from measure import Job
from tweets import SAMPLE, draw_tweets, read_labelled, save_tweets

from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json, save_json


def test_a_measurement_gets_the_time_that_is_left_or_is_left_out_by_name(tmp_path):
    given = []
    step = Step("memory", most=50.0, least=20.0, work=given.append)
    assert take(step, 400.0, tmp_path / "log")["is"] == "done"
    assert take(step, 30.0, tmp_path / "log")["is"] == "done"
    assert given == [50.0, 30.0]
    status = take(step, 12.0, tmp_path / "log")
    assert status == {"is": "left out", "why": "12 s were left, and it may need 20 s"}
    assert len(given) == 2


@pytest.fixture
def three_steps(tmp_path, monkeypatch) -> Path:
    """A plan of which the second step fails; returns where the figures go."""
    file = tmp_path / "gpu-dry-run.json"

    def plan(result: dict[str, Any], *_: Any) -> list[Step]:
        def first(_: float) -> None:
            result["scoring"] = {"rates": []}

        def second(_: float) -> None:
            raise RuntimeError("an illegal memory access was encountered")

        def third(_: float) -> None:
            assert load_json(file)["scoring"] == {"rates": []}
            assert load_json(file)["status"]["second"]["is"] == "failed"
            result["memory"] = {"shapes": []}

        works = {"first": first, "second": second, "third": third}
        return [Step(name, 10.0, 1.0, work) for name, work in works.items()]

    monkeypatch.setattr(gpu, "plan", plan)
    monkeypatch.setattr(gpu.os, "environ", dict(gpu.os.environ))
    return file


def test_what_fails_is_named_and_loses_no_other_figures(three_steps, capsys):
    assert gpu.main(["--dry-run", "--output", str(three_steps.parent)]) == 1
    result = load_json(three_steps)
    assert [status["is"] for status in result["status"].values()] == ["done", "failed", "done"]
    assert "scoring" in result and "memory" in result
    assert result["dry_run"]
    assert "torch" in result["environment"]["packages"]
    printed = capsys.readouterr().out
    assert "second: failed" in printed and "illegal memory access" in printed
    assert "mean nothing" in printed


def test_the_figures_keep_two_lines_of_a_failure_and_the_log_all_of_it(tmp_path):
    def fail(_: float) -> None:
        raise TweetsentError("ours failed:\nTraceback\n  a line of code\nRuntimeError: full\n")

    status = take(Step("ours", 9.0, 1.0, fail), 9.0, tmp_path / "log")
    assert status["why"] == "ours failed: RuntimeError: full"
    assert "a line of code" in (tmp_path / "log").read_text()


def test_without_a_gpu_nothing_is_measured_and_the_rehearsal_is_named(tmp_path, capsys):
    assert not torch.cuda.is_available()
    assert gpu.main(["--output", str(tmp_path)]) == 2
    assert "--dry-run" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_command_that_hangs_is_ended_with_what_it_started(tmp_path):
    sleeping = "import time; time.sleep(300)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {sleeping!r}])"
    started = time.monotonic()
    ended = gpu.run_within([sys.executable, "-c", program], 2.0, tmp_path / "log", {})
    assert ended[0] is None
    assert time.monotonic() - started < 60
    with pytest.raises(Failed, match="profile was ended"):
        gpu.require_success(ended, "profile")

    program = "import os; print('the last words', os.environ['HERE']); raise SystemExit(3)"
    ended = gpu.run_within([sys.executable, "-c", program], 100.0, tmp_path / "log", {"HERE": "x"})
    with pytest.raises(Failed, match="code 3:\nthe last words x"):
        gpu.require_success(ended, "profile")
    assert "the last words x" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("output", "code", "counts", "why"),
    [
        ("....\n4 passed in 1.00s", 0, {"passed": 4}, None),
        ("FAILED tests/gpu/a.py::b - x\n1 failed, 3 passed in 1s", 1, {"failed": 1}, "a.py::b"),
        ("..s\n2 passed, 1 skipped in 1s", 0, {"skipped": 1}, "as if there were no GPU"),
        ("ERROR: no such option", 4, {}, "code 4: ERROR: no such option"),
        ("", None, {}, "its time was over"),
    ],
)
def test_tests_count_only_if_they_ran_and_passed(monkeypatch, tmp_path, output, code, counts, why):
    monkeypatch.setattr(gpu, "run_within", lambda *_: (code, output))
    result: dict[str, Any] = {}
    log = tmp_path / "log"
    step = Step("tests", 9, 1, lambda left: gpu.run_tests(result, gpu.REAL, left, log))
    status = take(step, 9, log)
    assert result["tests"].items() >= counts.items()
    assert (status["is"] == "done") == (why is None)
    assert why is None or why in status["why"]


def made_up(peer: str, seconds: float, finished: bool = True) -> dict[str, Any]:
    """A training that timed half of the 160 tweets of its two epochs, and tokenised none."""
    row = {
        "peer": peer,
        "seed": 0,
        "device": "cuda:0",
        "finished": finished,
        "precision": "bfloat16",
        "peak_mib": 100.0,
        "tweets": 80,
        "training_tweets": 80,
        "real_tokens": 4000,
        "positions": 5000,
        "seconds": seconds,
        "tokenise_seconds": 0.0,
        "setup_seconds": 4.0,
        "epochs": 2,
        "layer_parameters": 1000,
        "matrix_flops": {"fp32": 6e6, "bf16": 12e6},
    }
    return row | ({"evaluation_seconds": 1.5} if finished else {})


def test_two_epochs_their_floor_and_the_ratios_come_out_by_hand():
    rows = [
        made_up("original", 40.0, finished=False),  # 2 tweets/s
        made_up("trainer", 20.0, finished=False),  # 4
        made_up("trainer_gpu", 10.0, finished=False),  # 8
        made_up("ours_recorded", 2.5),  # 32
    ]
    *_, best, ours = gpu.summarise_size(rows)
    assert ours["seconds_of_training"] == pytest.approx(160 / 32)
    assert ours["seconds_with_setup_and_evaluation"] == pytest.approx(5 + 4 + 2 * 1.5)
    assert ours["floor_seconds"] == pytest.approx(6 * 1000 * 8000 / 12e6)
    assert ours["ratio_to_original"] == pytest.approx(16)
    assert ours["ratio_to_best_trainer"] == pytest.approx(4)
    assert best["seconds_of_training"] == pytest.approx(20)
    assert "seconds_with_setup_and_evaluation" not in best

    result = {"speed": {"distilbert": {"summary": gpu.summarise_size(rows)}}}
    assert [goal["is_met"] for goal in gpu.judge_goals(result)] == [True, True, True]
    slower = gpu.summarise_size([*rows[:3], made_up("ours_recorded", 6.0)])
    result = {"speed": {"distilbert": {"summary": slower}}}
    assert [goal["is_met"] for goal in gpu.judge_goals(result)] == [False, False, False]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"tweets": 0, "finished": False}, "before its first step"),
        (made_up("ours_recorded", 9.0, finished=False), "with 80 tweets"),
    ],
)
def test_a_training_that_was_ended_is_a_failure(monkeypatch, tmp_path, row, why):
    monkeypatch.setattr(gpu, "measure_apart", lambda _: row)
    figures: dict[str, Any] = {"runs": [], "summary": []}
    with pytest.raises(Failed, match=why):
        gpu.measure_training(figures, "minilm", "ours_recorded", gpu.REAL, tmp_path, 30.0)
    assert len(figures["runs"]) == (row["tweets"] > 0)


@pytest.mark.slow
def test_an_encoder_is_made_where_none_is_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(encoders, "is_packaged_encoder_here", lambda: False)
    described = encoders.prepare_encoder("minilm", tmp_path / "encoder", tiny=True)
    assert described["weights"] == "random"
    tokenizer = load_tokenizer(tmp_path / "encoder", "raw", 128)
    texts = read_labelled(SAMPLE)["text"].tolist()[:200]
    ids = [number for row in tokenizer(texts)["input_ids"] for number in row]
    assert ids.count(tokenizer.unk_token_id) < 0.01 * len(ids)
    assert tokenizer("soap")["input_ids"][0] == tokenizer.cls_token_id


@pytest.mark.slow
def test_recorded_steps_train_every_tweet(tiny_encoder, tweets_file, tmp_path, measure_here):
    save_tweets(tmp_path / "tweets", draw_tweets({"train": 140, "validation": 10}, 0, tweets_file))
    job = Job(
        peer="ours_recorded",
        seed=0,
        device="cpu",
        encoder=str(tiny_encoder),
        tweets=str(tmp_path / "tweets"),
        max_lr=1e-4,
        epochs=2,
    )
    row = measure_here(job)
    assert row["finished"]
    assert row["steps"] == 2 * 2 - 2  # a batch of 128 and one of 12 an epoch, two untimed
    assert row["tweets"] == 140
    assert row["setup_seconds"] > 0
    assert row["evaluation_seconds"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("part", ["scoring", "memory", "profile"])
def test_each_part_reports_its_figures(part, tiny_encoder, tweets_file, tmp_path):
    save_tweets(tmp_path / "tweets", draw_tweets({"train": 60, "validation": 20}, 0, tweets_file))
    order = Order(
        device="cpu",
        encoder=str(tiny_encoder),
        tweets=str(tmp_path / "tweets"),
        batch_sizes=(4, 8),
        shapes=((2, 16), (4, 16)),
        batch_size=8,
        steps=2,
        repeats=1,
    )
    save_json(tmp_path / "order.json", asdict(order))
    gpu_parts.main(part, tmp_path / "order.json", tmp_path / "report.json")
    found = load_json(tmp_path / "report.json")
    if part == "scoring":
        assert [(rate["precision"], rate["batch_size"]) for rate in found["rates"]] == [
            ("bf16", 4),
            ("bf16", 8),
            ("fp32", 4),
            ("fp32", 8),
        ]
        assert min(rate["tweets_per_second"] for rate in found["rates"]) > 0
    elif part == "memory":
        small, large = found["shapes"]
        assert large["counted_activations_mib"] > 1.5 * small["counted_activations_mib"]
        assert large["predicted_mib"] > small["predicted_mib"]
    else:
        for name in ("loop", "recorded"):
            assert found[name]["milliseconds_a_step"] > 0
            assert sum(found[name]["shares_of_time"].values()) == pytest.approx(1)
