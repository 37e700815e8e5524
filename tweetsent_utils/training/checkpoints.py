"""Checkpoints: all that the next training step depends on, so that nothing is lost."""

import io
import json
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors.torch import load_model, save_model

from tweetsent_utils.checksums import verify_folder, write_sealed_folder
from tweetsent_utils.errors import TweetsentError, note, user_error
from tweetsent_utils.files import delete, save_json
from tweetsent_utils.training.randomness import generator_states, restore_generators

KEPT = 2  # checkpoints


def save_checkpoint(
    folder: Path,
    parts: dict[str, Any],
    settings: dict[str, Any],
    progress: dict[str, Any],
) -> None:
    """Write `folder/step-N` with the state after N steps, and delete all but the last two.

    `parts` are the `model`, the `optimizer` and the `scheduler`. `settings` is what the training
    depends on, `progress` how far it came, with a `history` of N steps; both must fit JSON.
    """
    state = {
        "optimizer": parts["optimizer"].state_dict(),
        "scheduler": parts["scheduler"].state_dict(),
        "generators": generator_states(),
    }

    def write(partial: Path) -> None:
        save_model(parts["model"], str(partial / "model.safetensors"))
        # By way of memory: straight to a full disk, torch would not say what is wrong.
        buffer = io.BytesIO()
        torch.save(state, buffer)
        (partial / "state.pt").write_bytes(buffer.getbuffer())
        save_json(partial / "progress.json", {"settings": settings, **progress})

    write_sealed_folder(folder / f"step-{len(progress['history']):08}", write)
    for old in list_checkpoints(folder)[KEPT:]:
        delete(old)


def load_checkpoint(
    folder: Path,
    parts: dict[str, Any],
    settings: dict[str, Any],
) -> dict[str, Any] | None:
    """Bring `parts` and all random number generators to the last whole checkpoint in `folder`.

    Returns how far that training had come, or None if there is nothing to go on from. A damaged
    checkpoint is passed over, and one of other `settings` moved aside, each with a printed line. No
    code of a file is run.
    """
    checkpoint = last_checkpoint(folder)
    if checkpoint is None:
        return None
    progress = json.loads((checkpoint / "progress.json").read_text(encoding="utf-8"))
    saved_settings = progress.pop("settings")
    if saved_settings != settings:
        move_aside(folder, saved_settings, settings)
        return None
    with user_error(f"{checkpoint} cannot be read", "delete this folder", UnpicklingError):
        state = torch.load(checkpoint / "state.pt", map_location="cpu", weights_only=True)
    load_model(parts["model"], str(checkpoint / "model.safetensors"))
    parts["optimizer"].load_state_dict(state["optimizer"])
    parts["scheduler"].load_state_dict(state["scheduler"])
    restore_generators(state["generators"])
    steps = len(progress["history"])
    if steps:
        note(f"going on after step {steps:,}, where a checkpoint was left")
    return progress


def last_checkpoint(folder: Path) -> Path | None:
    """Return the whole checkpoint after the most steps, or None if there is none.

    Each damaged one that comes later is printed, and so is it if nothing whole is left.
    """
    found = list_checkpoints(folder)
    for checkpoint in found:
        try:
            return verify_folder(checkpoint, "03_training")
        except TweetsentError as error:
            what = str(error).partition(": ")[0]
            note(f"{what}: this checkpoint is passed over")
    if found:
        note("no whole checkpoint is left: training starts over")
    return None


def list_checkpoints(folder: Path) -> list[Path]:
    """Return all checkpoints in a folder, the latest first."""
    return sorted(folder.glob("step-*"), reverse=True)


def move_aside(folder: Path, saved: dict[str, Any], settings: dict[str, Any]) -> None:
    """Rename the checkpoints of another training, and print which of its settings differ."""
    names = sorted(saved.keys() | settings.keys())
    changed = ", ".join(name for name in names if saved.get(name) != settings.get(name))
    aside = folder.with_name(f"{folder.name}.old")
    delete(aside)
    folder.rename(aside)
    what = f"there is a checkpoint made with another {changed}"
    note(f"{what}: training starts over, and it is kept in {aside.name}/")
