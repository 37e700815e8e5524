"""Checkpoints: all that the next training step depends on, so that nothing is lost."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_model

from tweetsent_utils.errors import user_error
from tweetsent_utils.files import delete, save_json, write_atomically
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
        partial.mkdir()
        save_model(parts["model"], str(partial / "model.safetensors"))
        # By way of memory: straight to a full disk, torch would not say what is wrong.
        buffer = io.BytesIO()
        torch.save(state, buffer)
        (partial / "state.pt").write_bytes(buffer.getbuffer())
        save_json(partial / "progress.json", {"settings": settings, **progress})

    write_atomically(folder / f"step-{len(progress['history']):08}", write)
    for old in sorted(folder.glob("step-*"))[:-KEPT]:
        shutil.rmtree(old)


def load_checkpoint(
    folder: Path,
    parts: dict[str, Any],
    settings: dict[str, Any],
) -> dict[str, Any] | None:
    """Bring `parts` and all random number generators to the last checkpoint in `folder`.

    Returns how far that training had come, or None if there is nothing to go on from. A checkpoint
    of other `settings` is moved aside, with a printed line. Raises `TweetsentError` for a damaged
    one. No code of a file is run.
    """
    checkpoint = last_checkpoint(folder)
    if checkpoint is None:
        return None
    remedy = "delete this folder, and training goes on from the one before"
    with user_error(f"{checkpoint} is damaged", remedy, Exception):
        progress = json.loads((checkpoint / "progress.json").read_text(encoding="utf-8"))
        saved_settings = progress.pop("settings")
        state = torch.load(checkpoint / "state.pt", map_location="cpu", weights_only=True)
        generators = state["generators"]
        if saved_settings == settings:
            load_model(parts["model"], str(checkpoint / "model.safetensors"))
            parts["optimizer"].load_state_dict(state["optimizer"])
            parts["scheduler"].load_state_dict(state["scheduler"])
    if saved_settings != settings:
        move_aside(folder, saved_settings, settings)
        return None
    restore_generators(generators)
    print(f"going on after step {len(progress['history']):,}, where a checkpoint was left")
    return progress


def last_checkpoint(folder: Path) -> Path | None:
    """Return the checkpoint after the most steps, or None if there is none."""
    return max(folder.glob("step-*"), default=None)


def move_aside(folder: Path, saved: dict[str, Any], settings: dict[str, Any]) -> None:
    """Rename the checkpoints of another training, and print which of its settings differ."""
    names = sorted(saved.keys() | settings.keys())
    changed = ", ".join(name for name in names if saved.get(name) != settings.get(name))
    aside = folder.with_name(f"{folder.name}.old")
    delete(aside)
    folder.rename(aside)
    what = f"there is a checkpoint made with another {changed}"
    print(f"{what}: training starts over, and it is kept in {aside.name}/")
