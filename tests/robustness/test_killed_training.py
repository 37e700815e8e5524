"""A training that is killed at random points ends with the same bits as one that is not."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from tweetsent_utils.files import load_yaml
from tweetsent_utils.pipeline.notebooks import code_of, declared_parameters, list_notebooks

KILLS = int(os.environ.get("TWEETSENT_KILLS", 2))  # more for a thorough local run
STEPS = 12 * 20  # 48 training tweets in batches of 4, 20 epochs


def write_script(number: str, run: Path, values: dict) -> Path:
    """Write a notebook's code as a script with other parameters, to run it without a kernel."""
    (path,) = [path for path in list_notebooks() if path.name.startswith(number)]
    declared = declared_parameters(path)
    values = values | {"run_name": str(run)}
    given = [f"{name} = {value!r}" for name, value in values.items() if name in declared]
    parameters, *code = code_of(path)
    script = run.parent / f"{path.stem}.py"
    script.parent.mkdir(exist_ok=True)
    script.write_text("\n\n".join([parameters, *given, *code]), encoding="utf-8")
    return script


def start(script: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "MPLBACKEND": "agg"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen) -> str:
    """Wait for a script to succeed, and return what it printed."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err[-2000:]
    return out


def kill_after(process: subprocess.Popen, run: Path, step: int) -> None:
    """Kill a training once a checkpoint holds `step` steps, whatever it is doing then."""
    while process.poll() is None and steps_done(run) < step:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it ended before it was killed"


def steps_done(run: Path) -> int:
    """The number of steps that the last checkpoint holds."""
    steps = [int(path.name.removeprefix("step-")) for path in run.glob("checkpoint/step-*")]
    return max(steps, default=0)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_training_killed_at_random_points_ends_with_the_same_bits(
    tiny_encoder, tiny_tweets, tmp_path
):
    values = {
        "train_file": str(tiny_tweets.train),
        "test_file": str(tiny_tweets.test),
        "encoder": str(tiny_encoder),
        "max_length": 32,
        "batch_size": 4,
        "num_epochs": 20,
        "patience": 15,
        "rotation": 0.5,
        "save_every": 7,
        "device": "cpu",
    }
    whole = tmp_path / "whole" / "run"
    killed = tmp_path / "killed" / "run"
    training = {}
    for run in (whole, killed):
        finish(start(write_script("02", run, values)))
        training[run] = write_script("03", run, values)

    undisturbed = start(training[whole])
    for step in sorted(random.Random(0).sample(range(1, STEPS - 10), KILLS)):
        kill_after(start(training[killed]), killed, step)
        assert not (killed / "model").exists()
    assert "going on after step" in finish(start(training[killed]))
    finish(undisturbed)

    # Patience did not end the training before the last kill.
    assert len(pd.read_csv(whole / "history.csv")) >= step
    for file in ("model/model.safetensors", "history.csv"):
        assert (killed / file).read_bytes() == (whole / file).read_bytes()
    metrics = [json.loads((run / "metrics.json").read_text()) for run in (whole, killed)]
    assert metrics[0]["validation"] == metrics[1]["validation"]
    parameters = [load_yaml(run / "params.yaml") | {"run_name": ""} for run in (whole, killed)]
    assert parameters[0] == parameters[1]
    assert not (whole / "checkpoint").exists()
    assert not (killed / "checkpoint").exists()
