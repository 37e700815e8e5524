"""Checkpoints: all that a training needs to go on as if it had never stopped, each whole or absent."""

import io
import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_model, save_model

from tweetsent_utils.errors import told
from tweetsent_utils.files import remove, save_json, write_whole


def save_checkpoint(folder: Path, parts: dict[str, Any], made_with: dict, progress: dict[str, Any]) -> None:
    """Write `folder/step-N` with the state after the N steps of `progress["history"]`, and delete all but the last two.

    `parts` are the `model`, the `optimizer` and the `scheduler`; the states of all random number generators go with
    them. `made_with` says what the training was made with, `progress` how far it came; both must fit JSON.
    """
    generators = {"python": random.getstate(), "torch": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all()}
    kind, keys, *rest = np.random.get_state()
    state = {name: parts[name].state_dict() for name in ("optimizer", "scheduler")}
    state["generators"] = {**generators, "numpy": (kind, keys.tolist(), *rest)}

    def write(beside: Path) -> None:
        beside.mkdir()
        save_model(parts["model"], str(beside / "model.safetensors"))
        torch.save(state, buffer := io.BytesIO())  # straight to a full disk, it would not say what is wrong
        (beside / "state.pt").write_bytes(buffer.getbuffer())
        save_json(beside / "progress.json", {"made_with": made_with, **progress})

    write_whole(folder / f"step-{len(progress['history']):08}", write)
    for old in sorted(folder.glob("step-*"))[:-2]:
        shutil.rmtree(old)


def load_checkpoint(folder: Path, parts: dict[str, Any], made_with: dict, fresh: dict[str, Any]) -> dict[str, Any]:
    """Bring `parts` and the random number generators to the last checkpoint; return its progress.

    Where there is no checkpoint, `fresh` comes back and nothing changes. One that was made with something else than
    `made_with` is said, and put aside as `folder.old`. No file is trusted to run code.
    """
    last = max(folder.glob("step-*"), default=None)
    if last is None:
        return fresh
    with told(f"{last} is damaged", "delete this folder, and training goes on from the one before", Exception):
        progress = json.loads((last / "progress.json").read_text(encoding="utf-8"))
        before, steps = progress.pop("made_with"), len(progress["history"])
        state = torch.load(last / "state.pt", map_location="cpu", weights_only=True)
        generators = state["generators"]
        if before == made_with:
            load_model(parts["model"], str(last / "model.safetensors"))
            parts["optimizer"].load_state_dict(state["optimizer"])
            parts["scheduler"].load_state_dict(state["scheduler"])
    if before != made_with:
        changed = ", ".join(sorted(name for name in before | made_with if before.get(name) != made_with.get(name)))
        remove(old := folder.with_name(f"{folder.name}.old"))
        folder.rename(old)
        print(f"there is a checkpoint made with another {changed}: training starts over, and it is kept in {old.name}/")
        return fresh
    random.setstate(generators["python"])
    np.random.set_state(generators["numpy"])
    torch.set_rng_state(generators["torch"])
    if len(generators["cuda"]) == torch.cuda.device_count():  # else on another machine, where bits differ anyway
        torch.cuda.set_rng_state_all(generators["cuda"])
    print(f"going on after step {steps:,}, where a checkpoint was left")
    return progress
