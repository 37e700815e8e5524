"""Checkpoints: all that the next training step depends on, so that nothing is lost."""

import io
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors.torch import load_model, save_model

from tweetsent_utils.checksums import verify_folder, write_sealed_folder
from tweetsent_utils.errors import TweetsentError, note, user_error
from tweetsent_utils.files import delete, load_json, save_json
from tweetsent_utils.training.randomness import generator_states, restore_generators

KEPT = 2  # checkpoints
BEST = "best"  # the weights of the best epoch so far, for a training with patience


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

    Returns how far that training had come, or None if there is nothing to go on from. Damaged
    checkpoints are put aside in favour of the one before, and those of other `settings` are moved
    to `<folder>.old`, from which they come back when their settings do; each is told. No code of a
    file is run.
    """
    make_way(folder, settings)
    checkpoint = last_checkpoint(folder)
    if checkpoint is None:
        return None
    progress = read_progress(checkpoint)
    del progress["settings"]
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


def read_progress(checkpoint: Path) -> dict[str, Any]:
    """Return how far a checkpoint's training had come, with its `settings`."""
    return load_json(checkpoint / "progress.json")


def last_checkpoint(folder: Path) -> Path | None:
    """Return the checkpoint after the most steps that can be gone on from, or None.

    Later ones, which are damaged, are renamed to `damaged-...`; that is told, and if none is left.
    """
    found = list_checkpoints(folder)
    for checkpoint in found:
        if is_usable(checkpoint):
            return checkpoint
        aside = folder / f"damaged-{checkpoint.name}"
        delete(aside)
        checkpoint.rename(aside)
    if found:
        note("no whole checkpoint is left: training starts over")
    return None


def is_usable(checkpoint: Path) -> bool:
    """Tell whether a checkpoint is as it was written, and with it its best epoch, if it has one."""
    try:
        verify_folder(checkpoint, "03_training")
        if needs_best(read_progress(checkpoint)):
            verify_folder(checkpoint.with_name(BEST), "03_training")
    except TweetsentError as error:
        what = str(error).partition(": ")[0]
        note(f"{what}: {checkpoint.name} is passed over for the checkpoint before it")
        return False
    return True


def needs_best(progress: dict[str, Any]) -> bool:
    """Tell whether a training has a best epoch, of which it may have to keep the weights."""
    has_scores = any("validation_macro_f1" in row for row in progress["history"])
    return bool(progress["settings"].get("patience")) and has_scores


def list_checkpoints(folder: Path) -> list[Path]:
    """Return all checkpoints in a folder, the latest first."""
    return sorted(folder.glob("step-*"), reverse=True)


def make_way(folder: Path, settings: dict[str, Any]) -> None:
    """Move checkpoints of other settings aside, and take back those of these, if some are there."""
    checkpoint = last_checkpoint(folder)
    saved = read_progress(checkpoint)["settings"] if checkpoint else None
    if saved == settings:
        return
    aside = folder.with_name(f"{folder.name}.old")
    earlier = last_checkpoint(aside)
    comes_back = earlier is not None and read_progress(earlier)["settings"] == settings
    spare = folder.with_name(f"{folder.name}.spare")
    delete(spare)
    if saved is not None:
        folder.rename(spare)
        names = sorted(saved.keys() | settings.keys())
        changed = ", ".join(name for name in names if saved.get(name) != settings.get(name))
        start = "an earlier one goes on" if comes_back else "training starts over"
        what = f"there is a checkpoint made with another {changed}"
        note(f"{what}: {start}, and it is kept in {aside.name}/ until the next such change")
    if comes_back:
        delete(folder)
        aside.rename(folder)
    if spare.exists():
        delete(aside)
        spare.rename(aside)
