"""A training that is killed goes on where it was and ends with the same bits; nothing else gets loaded."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from conftest import notebook_functions
from torch import nn

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.parameters import declared_parameters, notebooks

training = notebook_functions("03")
load_checkpoint, save_checkpoint = training.load_checkpoint, training.save_checkpoint
FRESH = {"history": [], "seconds": 0.0}
MADE_WITH = {"max_lr": 0.1, "dataset": {"label_order": ["low", "high"]}}
KILLS = int(os.environ.get("TWEETSENT_KILLS", 3))  # 20 in a local run


def make_parts(seed: int) -> dict:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5), nn.Linear(3, 2))
    optimizer = training.make_optimizer(model, 0.1, 0.01)
    return {"model": model, "optimizer": optimizer, "scheduler": training.make_scheduler(optimizer, 0.1, 50, 0.1)}


def steps(parts: dict, count: int) -> list[float]:
    """Train on random tweets and return the losses, which depend on every part and every generator."""
    losses = []
    for _ in range(count):
        inputs = torch.randn(5, 4) + random.random() + np.random.rand()
        loss = parts["model"](inputs).square().mean()
        loss.backward()
        parts["optimizer"].step()
        parts["scheduler"].step()
        parts["optimizer"].zero_grad()
        losses.append(loss.item())
    return losses


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_training_goes_on_from_a_checkpoint_as_if_it_had_never_stopped(tmp_path, capsys):
    parts = make_parts(0)
    history = [{"train_loss": loss} for loss in steps(parts, 7)]
    save_checkpoint(tmp_path / "c", parts, MADE_WITH, {"history": history, "seconds": 1.5})
    expected = steps(parts, 10)

    training.seed_everything(99)
    other = make_parts(1)
    progress = load_checkpoint(tmp_path / "c", other, MADE_WITH, FRESH)
    assert progress == {"history": history, "seconds": 1.5}
    assert steps(other, 10) == expected
    assert other["scheduler"].last_epoch == 17
    assert "going on after step 7" in capsys.readouterr().out


def test_the_last_two_are_kept_and_nothing_half_written(tmp_path):
    parts = make_parts(0)
    for count in (5, 10, 15):
        save_checkpoint(tmp_path / "c", parts, MADE_WITH, {"history": [{}] * count})
    assert names(tmp_path / "c") == ["step-00000010", "step-00000015"]
    assert names(tmp_path / "c" / "step-00000015") == ["model.safetensors", "progress.json", "state.pt"]
    (tmp_path / "c" / ".step-00000020.part").mkdir()  # what a kill while writing leaves
    assert len(load_checkpoint(tmp_path / "c", parts, MADE_WITH, FRESH)["history"]) == 15


def test_without_a_checkpoint_training_starts_fresh(tmp_path):
    parts = make_parts(0)
    assert load_checkpoint(tmp_path / "none", parts, MADE_WITH, FRESH) is FRESH


def test_a_checkpoint_of_other_parameters_is_said_and_put_aside(tmp_path, capsys):
    save_checkpoint(tmp_path / "c", make_parts(0), MADE_WITH, {"history": [{}]})
    parts = make_parts(1)
    before = parts["model"][0].weight.clone()
    assert load_checkpoint(tmp_path / "c", parts, MADE_WITH | {"max_lr": 0.2, "new": 1}, FRESH) is FRESH
    assert "made with another max_lr, new: training starts over, and it is kept in c.old/" in capsys.readouterr().out
    assert torch.equal(parts["model"][0].weight, before)
    assert names(tmp_path) == ["c.old"] and names(tmp_path / "c.old") == ["step-00000001"]


@pytest.mark.parametrize("name", ["model.safetensors", "state.pt", "progress.json"])
def test_a_damaged_checkpoint_is_told(tmp_path, name):
    save_checkpoint(tmp_path / "c", make_parts(0), MADE_WITH, {"history": [{}]})
    file = tmp_path / "c" / "step-00000001" / name
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(TweetsentError, match="is damaged .*: delete this folder, and training goes on"):
        load_checkpoint(tmp_path / "c", make_parts(1), MADE_WITH, FRESH)


def test_a_full_disk_is_told_and_the_last_checkpoint_stays(tmp_path, monkeypatch):
    parts = make_parts(0)
    save_checkpoint(tmp_path / "c", parts, MADE_WITH, {"history": [{}]})

    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(TweetsentError, match=r"step-00000002 cannot be written \(No space left on device\): make room"):
        save_checkpoint(tmp_path / "c", parts, MADE_WITH, {"history": [{}, {}]})
    assert names(tmp_path / "c") == ["step-00000001"]
    assert len(load_checkpoint(tmp_path / "c", parts, MADE_WITH, FRESH)["history"]) == 1


class Evil:
    """Unpickled, it would make a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return open, (self.path, "w")


def test_a_checkpoint_runs_no_code(tmp_path):
    save_checkpoint(tmp_path / "c", make_parts(0), MADE_WITH, {"history": [{}]})
    torch.save({"optimizer": Evil(str(tmp_path / "ran"))}, tmp_path / "c" / "step-00000001" / "state.pt")
    with pytest.raises(TweetsentError, match="is damaged .*: delete this folder, and training goes on"):
        load_checkpoint(tmp_path / "c", make_parts(1), MADE_WITH, FRESH)
    assert not (tmp_path / "ran").exists()


# --- the notebook itself, killed again and again ---


def script(number: str, run: Path, values: dict) -> Path:
    """A notebook's code as a script with other parameters: what a kernel runs, without a kernel."""
    values = values | {"run_name": str(run)}
    (path,) = (path for path in notebooks() if path.name.startswith(number))
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    lines = []
    for cell in cells:
        lines.append(cell.source)
        if "parameters" in cell.metadata.get("tags", []):
            declared = declared_parameters(path)
            lines += [f"{name} = {value!r}" for name, value in values.items() if name in declared]
    run.parent.mkdir(exist_ok=True)
    file = run.parent / f"{path.stem}.py"
    file.write_text("\n\n".join(["import matplotlib", "matplotlib.use('agg')", *lines]), encoding="utf-8")
    return file


def start(file: Path) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait(process: subprocess.Popen) -> str:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err[-2000:]
    return out


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_training_killed_at_random_points_ends_with_the_same_bits(tiny_encoder, tiny_tweets, tmp_path):
    values = {"encoder": str(tiny_encoder), "max_length": 32, "batch_size": 4, "num_epochs": 20, "save_every": 7}
    values |= {
        "train_file": str(tiny_tweets.train),
        "test_file": str(tiny_tweets.test),
        "device": "cpu",
        "patience": 15,
        "rotation": 0.5,
    }
    runs = {name: tmp_path / name / "run" for name in ("whole", "killed")}
    scripts = {name: [script(number, run, values) for number in ("02", "03")] for name, run in runs.items()}
    for process in [start(first) for first, _ in scripts.values()]:
        wait(process)
    whole, killed = start(scripts["whole"][1]), scripts["killed"][1]
    steps = 12 * 20  # 48 training tweets in batches of 4, 20 epochs

    points = sorted(random.Random(0).sample(range(1, steps - 10), KILLS))
    reached = []
    for point in points:
        process = start(killed)
        while process.poll() is None and steps_done(runs["killed"]) < point:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        process.communicate()
        reached.append(steps_done(runs["killed"]))
    assert reached[-1] >= points[-1] and not (runs["killed"] / "model").exists()
    out = wait(start(killed))
    assert "going on after step" in out
    wait(whole)
    assert len(pd.read_csv(runs["whole"] / "history.csv")) >= points[-1]

    for file in ("model/model.safetensors", "history.csv"):
        assert (runs["killed"] / file).read_bytes() == (runs["whole"] / file).read_bytes()
    metrics = {name: json.loads((run / "metrics.json").read_text()) for name, run in runs.items()}
    assert metrics["killed"]["validation"] == metrics["whole"]["validation"]
    assert not any((run / "checkpoint").exists() for run in runs.values())
    params = [yaml.safe_load((run / "params.yaml").read_text()) | {"run_name": ""} for run in runs.values()]
    assert params[0] == params[1]


def steps_done(run: Path) -> int:
    """The number of steps that the last checkpoint holds."""
    found = [int(path.name.removeprefix("step-")) for path in (run / "checkpoint").glob("step-*")]
    return max(found, default=0)
