"""Where a training goes on: at a checkpoint, at its end if it is finished, or at its start."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from safetensors.torch import load_model

from tweetsent_utils.checksums import sha256_of, verify_file, verify_folder, write_sealed_folder
from tweetsent_utils.errors import TweetsentError, note
from tweetsent_utils.evaluation.calibration import apply_temperature
from tweetsent_utils.evaluation.predictions import FILES, save_predictions
from tweetsent_utils.files import (
    delete,
    load_json,
    load_record,
    load_yaml,
    read_errors,
    save_json,
)
from tweetsent_utils.pipeline.notebooks import declared_parameters, list_notebooks
from tweetsent_utils.pipeline.runs import note_timings, save_metrics
from tweetsent_utils.training.checkpoints import load_checkpoint, save_checkpoint

NOTEBOOK = "03_training"
RECORD = "training.json"  # of a training that has come to its end
# Parameters that may change on the way: no step depends on them, except for dropout's draws.
HARMLESS = (
    "run_name",
    "device",
    "precision",
    "micro_batch_size",
    "save_every",
    "eval_batch_size",
)


def gather_settings(
    run: Path,
    made_with: dict[str, Any],
    encoder: Path,
    epochs: int,
    precision: torch.dtype,
) -> dict[str, Any]:
    """Return what a training depends on, which must be the same when it goes on.

    That is every recorded parameter of notebook 03 except those in `HARMLESS`, what the dataset was
    `made_with`, the checksums of the encoder's weights, and what `auto` was decided to be.
    """
    (notebook,) = (path for path in list_notebooks() if path.stem == NOTEBOOK)
    recorded = load_yaml(run / "params.yaml")
    names = [name for name in declared_parameters(notebook) if name not in HARMLESS]
    weights = [sha256_of(file) for file in sorted(encoder.glob("*.safetensors"))]
    return {name: recorded[name] for name in names} | {
        "dataset": made_with,
        "num_epochs": epochs,
        "encoder's weights": weights,
        "precision": str(precision),
    }


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


def finish_training(
    run: Path,
    settings: dict[str, Any],
    save_model: Callable[[Path], None],
    metrics: dict[str, Any],
    predictions: pd.DataFrame,
    timings: dict[str, float],
) -> None:
    """Write what a finished training leaves, unless it is there: model, scores, predictions, times.

    `save_model` writes the model's files into a folder; `predictions` are those for the validation
    tweets. New scores drop the test scores of an earlier model.
    """
    if not is_finished(run, settings):
        write_sealed_folder(run / "model", save_model)
        save_predictions(run, "validation", predictions)
        save_metrics(run, metrics)
        note_timings(run, "training", timings)
        save_json(run / RECORD, {"settings": settings})  # last, when all else is written
        return
    if not has_metrics(run):
        save_metrics(run, metrics)
    if not has_predictions(run):
        save_predictions(run, "validation", predictions)


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


def has_predictions(run: Path) -> bool:
    """Tell whether the predictions for the validation tweets are there, as they were written."""
    return are_whole([run / FILES["validation"]], "it is written again")


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
