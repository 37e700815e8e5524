"""Where a training goes on: at a checkpoint, at its end if it is finished, or at its start."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from safetensors.torch import load_model

from tweetsent_utils.checksums import verify_file, verify_folder
from tweetsent_utils.errors import TweetsentError, note
from tweetsent_utils.evaluation.calibration import apply_temperature
from tweetsent_utils.files import delete, load_json, load_record, read_errors, save_json
from tweetsent_utils.training.checkpoints import load_checkpoint, save_checkpoint

NOTEBOOK = "03_training"
RECORD = "training.json"  # of a training that has come to its end


def resume_training(run: Path, parts: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Bring a training to where it was: to its last checkpoint, to its end, or else to its start.

    `parts` are the `model`, the `optimizer` and the `scheduler`; the start is where they are now,
    and it becomes the first checkpoint. So whoever calls this a second time begins nowhere else,
    whatever has happened to `parts` in the meantime. `settings` is what the training depends on, as
    for `save_checkpoint`. Returns the `history` of all steps so far and the `seconds` they took.
    """
    checkpoints = run / "checkpoint"
    is_at_its_end = is_finished(run, settings)
    if not is_at_its_end and (run / RECORD).exists():
        what = "the model that this run has finished is replaced when this training ends"
        note(f"{what}: stop, and choose another run_name, if you want to keep it")
    progress = load_checkpoint(checkpoints, parts, settings)
    if progress is None and is_at_its_end:
        progress = open_finished(run, parts["model"])
    if is_at_its_end:
        remedy = "call forget_training(run), or choose another run_name, to train again"
        note(f"this run's training is finished, and is opened from its files: {remedy}")
    if progress is None:
        require_fresh(parts)
        progress = {"history": [], "seconds": 0.0}
        save_checkpoint(checkpoints, parts, settings, progress)
    return progress


def require_fresh(parts: dict[str, Any]) -> None:
    """Refuse to begin a training with a model that has been trained already."""
    if parts["scheduler"].last_epoch > 0:
        what = "this model has been trained already, and there is no checkpoint to go on from"
        raise TweetsentError(f"{what}: run the notebook again from its parameters on")


def note_finished(run: Path, settings: dict[str, Any]) -> None:
    """Note in a run's folder that its model is trained, and with which settings.

    `settings` must fit JSON. Call it when all else is written.
    """
    save_json(run / RECORD, {"settings": settings})


def release_finished(run: Path, settings: dict[str, Any]) -> None:
    """Note that a finished training of other settings is being replaced: its files are no pair.

    Call it before the first of its files is written over.
    """
    if not is_finished(run, settings):
        delete(run / RECORD)


def is_finished(run: Path, settings: dict[str, Any]) -> bool:
    """Tell whether a run's folder holds a whole model whose training ended with these settings.

    If a file of it is damaged, that is told.
    """
    if load_record(run / RECORD).get("settings") != settings:
        return False
    files = [run / "model", run / "history.csv"]
    return are_whole(files, "what this training has left is made again")


def has_metrics(run: Path) -> bool:
    """Tell whether a run's scores are there, as they were written; tell it if they are damaged."""
    consequence = "the validation scores are written again, and notebook 04 adds the test's"
    return are_whole([run / "metrics.json"], consequence)


def are_whole(paths: Sequence[Path], consequence: str) -> bool:
    """Tell whether files and folders are as they were written; tell the user if one is not."""
    try:
        for path in paths:
            verify = verify_folder if path.is_dir() else verify_file
            verify(path, NOTEBOOK)
    except TweetsentError as error:
        what = str(error).partition(": ")[0]
        note(f"{what}: {consequence}")
        return False
    return True


def open_finished(run: Path, model: torch.nn.Module) -> dict[str, Any]:
    """Bring `model` to the weights that a finished training ended with, before any temperature.

    Returns its progress: the `history` of all steps and the `seconds` it took.
    """
    folder = run / "model"
    load_model(model, str(folder / "model.safetensors"))
    temperature = load_json(folder / "config.json")["calibration_temperature"]
    apply_temperature(model, 1 / temperature)
    del model.config.calibration_temperature
    clock = load_record(run / "timings.json").get("training", {})
    return {"history": read_history(run / "history.csv"), "seconds": clock.get("seconds", 0.0)}


def read_history(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a `history.csv`, each with the values that its step has."""
    with read_errors(verify_file(path, NOTEBOOK)):
        table = pd.read_csv(path, float_precision="round_trip").drop(columns="step")
    return [without_gaps(row) for row in table.to_dict(orient="records")]


def without_gaps(row: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a table's row that are there."""
    return {name: value for name, value in row.items() if pd.notna(value)}
