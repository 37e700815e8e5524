"""A training that is killed at random points ends with the same bits as one that is not.

Two kills in each test are enough to notice a fault now and then; for a thorough drill, set
TWEETSENT_KILLS to a larger number.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import psutil
import pytest

from tweetsent_utils.files import load_json, load_yaml
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.pipeline.notebooks import code_of, declared_parameters, list_notebooks

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL"),
]
KILLS = int(os.environ.get("TWEETSENT_KILLS", 2))
STEPS = 12 * 20  # 48 training tweets in batches of 4, 20 epochs
TAIL = 3.0  # seconds that the cells after the training take, or a little more


@pytest.fixture
def values(tiny_encoder, tiny_tweets) -> dict:
    """The parameters of a training of 240 steps, whose precision is decided by the machine."""
    return {
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
        "precision": "auto",
    }


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
    """Wait for a process to succeed, and return what it printed."""
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err[-2000:]
    return out


def kill(process: subprocess.Popen) -> None:
    """Kill a process and its children, such as a kernel, whatever they are doing."""
    with_children = [psutil.Process(process.pid)]
    with_children += with_children[0].children(recursive=True)
    for each in with_children:
        each.kill()
    psutil.wait_procs(with_children[1:])
    process.communicate()


def wait_until(is_time: Callable[[], bool], process: subprocess.Popen) -> None:
    while process.poll() is None and not is_time():
        time.sleep(0.01)


def steps_done(run: Path) -> int:
    """The number of steps that the last checkpoint holds; all of them once there is a model."""
    steps = [int(path.name.removeprefix("step-")) for path in run.glob("checkpoint/step-*")]
    return max(steps, default=0)


def assert_same_training(one: Path, other: Path) -> None:
    """Two runs have the same files, but for clock times and names of folders."""
    for file in ("model/model.safetensors", "model/config.json", "history.csv", "precision.json"):
        assert (one / file).read_bytes() == (other / file).read_bytes(), file
    assert load_json(one / "metrics.json") == load_json(other / "metrics.json")
    parameters = [load_yaml(run / "params.yaml") | {"run_name": ""} for run in (one, other)]
    assert parameters[0] == parameters[1]


def test_a_training_killed_at_random_points_ends_with_the_same_bits(values, tmp_path):
    """Half of the kills come during the training, and half during the cells after it."""
    whole = tmp_path / "whole" / "run"
    killed = tmp_path / "killed" / "run"
    training = {}
    for run in (whole, killed):
        finish(start(write_script("02", run, values)))
        training[run] = write_script("03", run, values)
    undisturbed = start(training[whole])

    chance = random.Random(0)
    for step in sorted(chance.sample(range(1, STEPS - 10), -(-KILLS // 2))):
        process = start(training[killed])
        wait_until(lambda step=step: steps_done(killed) >= step, process)
        assert process.poll() is None, "it ended before it was killed"
        kill(process)
        assert not (killed / "model").exists()
    finish(undisturbed)
    last_step = len(pd.read_csv(whole / "history.csv"))
    assert last_step >= step  # patience did not end the training before the last kill
    for _ in range(KILLS // 2):
        # Written anew right after the loop, whether anything was left to train or not.
        (killed / "history.csv").unlink(missing_ok=True)
        process = start(training[killed])
        wait_until((killed / "history.csv").exists, process)
        time.sleep(chance.uniform(0, TAIL))
        if process.poll() is None:
            kill(process)
    out = finish(start(training[killed]))
    assert "going on after step" in out
    assert_same_training(whole, killed)


def test_a_command_killed_at_random_points_ends_with_the_same_bits(values, tmp_path):
    """With its kernel, in notebook 03, also while it ends and tidies up."""
    code = f"""
from tweetsent_utils.pipeline.driver import run_pipeline
from tweetsent_utils.pipeline.notebooks import list_notebooks
from tweetsent_utils.pipeline.parameters import default_parameters
import sys
values = default_parameters() | {values!r} | {{"run_name": sys.argv[1]}}
run_pipeline(values, steps=list_notebooks()[1:3])
"""

    def command(run: Path) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-c", code, str(run)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=PROJECT_ROOT,
        )

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    begun = time.monotonic()
    finish(command(whole))
    length = load_json(whole / "timings.json")["notebooks"]["03_training"]
    assert time.monotonic() - begun > length

    chance = random.Random(1)
    for _ in range(-(-KILLS // 2)):
        process = command(killed)
        wait_until((killed / "02_dataset_creation.ipynb").exists, process)
        time.sleep(chance.uniform(0.3, 1.1) * length)
        if process.poll() is None:
            kill(process)
    finish(command(killed))
    assert_same_training(whole, killed)
    for run in (whole, killed):
        assert not list(run.glob("checkpoint*"))
        assert not list(run.glob("*.partial.ipynb"))
        assert not list(run.glob(".*.deleted"))
