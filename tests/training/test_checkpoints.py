"""Training goes on from a checkpoint as if it had not stopped, and loads nothing else."""

import errno
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tweetsent_utils.checksums import write_sealed_folder
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.training.checkpoints import load_checkpoint, save_checkpoint
from tweetsent_utils.training.optimization import make_optimizer, make_scheduler
from tweetsent_utils.training.randomness import seed_everything

SETTINGS = {"max_lr": 0.1, "dataset": {"label_order": ["low", "high"]}}


def make_parts(seed: int) -> dict:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5), nn.Linear(3, 2))
    optimizer = make_optimizer(model, 0.1, 0.01)
    scheduler = make_scheduler(optimizer, 0.1, 50, 0.1)
    return {"model": model, "optimizer": optimizer, "scheduler": scheduler}


def train(parts: dict, steps: int) -> list[float]:
    """Train on random tweets; the losses depend on every part and every generator."""
    losses = []
    for _ in range(steps):
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a checkpoint after one step."""
    folder = tmp_path / "checkpoint"
    save_checkpoint(folder, make_parts(0), SETTINGS, {"history": [{}]})
    return folder


def test_training_goes_on_from_a_checkpoint_as_if_it_had_not_stopped(tmp_path, capsys):
    parts = make_parts(0)
    history = [{"train_loss": loss} for loss in train(parts, 7)]
    progress = {"history": history, "seconds": 1.5}
    save_checkpoint(tmp_path / "checkpoint", parts, SETTINGS, progress)
    expected = train(parts, 10)

    seed_everything(99)
    other = make_parts(1)
    assert load_checkpoint(tmp_path / "checkpoint", other, SETTINGS) == progress
    assert train(other, 10) == expected
    assert other["scheduler"].last_epoch == 17
    assert "step 7" in capsys.readouterr().out


def test_the_last_two_checkpoints_are_kept(folder):
    parts = make_parts(0)
    for steps in (5, 10, 15):
        save_checkpoint(folder, parts, SETTINGS, {"history": [{}] * steps})
    assert names(folder) == ["step-00000010", "step-00000015"]
    assert load_checkpoint(folder, parts, SETTINGS) == {"history": [{}] * 15}


def test_without_a_whole_checkpoint_there_is_nothing_to_go_on_from(tmp_path):
    assert load_checkpoint(tmp_path, make_parts(0), SETTINGS) is None
    (tmp_path / ".step-00000001.part").mkdir()  # left by a process that was killed
    assert load_checkpoint(tmp_path, make_parts(0), SETTINGS) is None


def test_a_checkpoint_of_other_settings_is_moved_aside_and_they_are_named(folder, capsys):
    parts = make_parts(1)
    before = parts["model"][0].weight.clone()
    settings = SETTINGS | {"max_lr": 0.2, "new": 1}
    assert load_checkpoint(folder, parts, settings) is None
    assert "another max_lr, new: training starts over" in capsys.readouterr().out
    assert torch.equal(parts["model"][0].weight, before)
    assert names(folder.parent) == ["checkpoint.old"]
    assert names(folder.parent / "checkpoint.old") == ["step-00000001"]


FILES = ["model.safetensors", "state.pt", "progress.json", "SHA256SUMS"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["cut", "zeros", "gone"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(folder, name, damage, capsys):
    parts = make_parts(0)
    train(parts, 2)
    save_checkpoint(folder, parts, SETTINGS, {"history": [{}, {}]})
    file = folder / "step-00000002" / name
    content = file.read_bytes()
    middle = len(content) // 2
    zeros = content[: middle - 16] + bytes(32) + content[middle + 16 :]
    file.write_bytes({"cut": content[:-30], "zeros": zeros, "gone": b""}[damage])
    if damage == "gone":
        file.unlink()
    assert load_checkpoint(folder, make_parts(1), SETTINGS) == {"history": [{}]}
    printed = capsys.readouterr().out
    assert "passed over" in printed
    assert "going on after step 1" in printed


def test_where_no_whole_checkpoint_is_left_training_starts_over_and_says_so(folder, capsys):
    (folder / "step-00000001" / "state.pt").unlink()
    parts = make_parts(1)
    before = parts["model"][0].weight.clone()
    assert load_checkpoint(folder, parts, SETTINGS) is None
    assert "training starts over" in capsys.readouterr().out
    assert torch.equal(parts["model"][0].weight, before)


def test_damaged_checkpoints_do_not_push_out_the_new_ones(folder):
    """The new training's steps are fewer than those of the damaged one for a while."""
    save_checkpoint(folder, make_parts(0), SETTINGS, {"history": [{}] * 9})
    for step in ("step-00000001", "step-00000009"):
        (folder / step / "state.pt").write_bytes(b"")
    assert load_checkpoint(folder, make_parts(1), SETTINGS) is None
    for steps in (0, 2, 4):
        save_checkpoint(folder, make_parts(1), SETTINGS, {"history": [{}] * steps})
    assert load_checkpoint(folder, make_parts(1), SETTINGS) == {"history": [{}] * 4}


def test_a_checkpoint_comes_back_when_its_settings_do(folder, capsys):
    other = SETTINGS | {"max_lr": 0.2}
    assert load_checkpoint(folder, make_parts(1), other) is None
    save_checkpoint(folder, make_parts(1), other, {"history": [{}, {}]})
    assert load_checkpoint(folder, make_parts(1), SETTINGS) == {"history": [{}]}
    assert "an earlier one goes on" in capsys.readouterr().out
    assert load_checkpoint(folder, make_parts(1), other) == {"history": [{}, {}]}
    assert names(folder.parent) == ["checkpoint", "checkpoint.old"]


def test_a_checkpoint_comes_back_after_the_other_training_has_tidied_up(folder):
    other = SETTINGS | {"max_lr": 0.2}
    assert load_checkpoint(folder, make_parts(1), other) is None
    assert load_checkpoint(folder, make_parts(1), SETTINGS) == {"history": [{}]}


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_without_its_best_epoch_a_training_with_patience_goes_back_before_it(tmp_path, damage):
    settings = SETTINGS | {"patience": 2}
    folder = tmp_path / "checkpoint"
    scored = {"validation_macro_f1": 0.5}
    save_checkpoint(folder, make_parts(0), settings, {"history": [{}]})
    write_sealed_folder(folder / "best", lambda best: (best / "weights").write_text("all"))
    save_checkpoint(folder, make_parts(0), settings, {"history": [{}, scored]})
    assert load_checkpoint(folder, make_parts(1), settings) == {"history": [{}, scored]}
    if damage == "cut":
        (folder / "best" / "weights").write_text("half")
    else:
        shutil.rmtree(folder / "best")
    assert load_checkpoint(folder, make_parts(1), settings) == {"history": [{}]}


def test_memory_that_runs_out_is_not_taken_for_damage(folder, monkeypatch):
    def run_out(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("tweetsent_utils.training.checkpoints.load_model", run_out)
    with pytest.raises(torch.OutOfMemoryError):
        load_checkpoint(folder, make_parts(1), SETTINGS)
    assert names(folder) == ["step-00000001"]


def test_a_full_disk_is_an_error_and_the_last_checkpoint_stays(folder, monkeypatch):
    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(TweetsentError, match=r"step-00000002 cannot be written \(No space left"):
        save_checkpoint(folder, make_parts(0), SETTINGS, {"history": [{}, {}]})
    assert names(folder) == ["step-00000001"]
    assert load_checkpoint(folder, make_parts(1), SETTINGS) == {"history": [{}]}


class Evil:
    """Unpickled, it would make a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return open, (self.path, "w")


def test_a_checkpoint_runs_no_code(folder, tmp_path):
    """Also where somebody made it with its checksums."""
    evil = {"optimizer": Evil(str(tmp_path / "ran"))}

    def write(partial: Path) -> None:
        files = shutil.ignore_patterns("SHA256SUMS")
        shutil.copytree(folder / "step-00000001", partial, ignore=files, dirs_exist_ok=True)
        torch.save(evil, partial / "state.pt")

    write_sealed_folder(folder / "step-00000002", write)
    with pytest.raises(TweetsentError, match="step-00000002 cannot be read"):
        load_checkpoint(folder, make_parts(1), SETTINGS)
    assert not (tmp_path / "ran").exists()
