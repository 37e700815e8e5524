"""Finished runs: finding their folders, and reading what they left."""

from glob import escape, glob
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from tweetsent_utils.checksums import verify_file
from tweetsent_utils.errors import TweetsentError, note, user_error
from tweetsent_utils.files import (
    load_json,
    load_yaml,
    read_errors,
    require_file,
    write_atomically,
)
from tweetsent_utils.paths import REFERENCE, outputs_root
from tweetsent_utils.pipeline.runs import ENSEMBLE_TEXT, is_ensemble

VALIDATION_SCORES = ("validation_accuracy", "validation_macro_f1", "validation_loss")
OTHER_FIGURES = (
    "test_accuracy",
    "test_macro_f1",
    "training_tweets",
    "training_seconds",
    "training_device",
)


class FinishedRun(NamedTuple):
    """What a run left: its row of scores, its parameters, and its history by training step."""

    scores: dict
    parameters: dict
    history: pd.DataFrame


def find_runs(patterns: list[str], own: Path) -> dict[str, Path]:
    """Return the run folders that names, patterns and paths stand for, by name, each once.

    The folder `own` comes first, if a run has begun in it. `reference/` is the repository's; the
    rest is below the outputs. A pattern without a run folder is printed, and so is a folder that
    only compares runs or averages them.
    """
    outputs = outputs_root().resolve()
    folders = [own.resolve()]
    for pattern in patterns:
        root = REFERENCE.parent if pattern.startswith("reference/") else outputs
        found = glob(pattern, root_dir=root) or glob(escape(pattern), root_dir=root)
        matches = sorted((root / path).resolve() for path in found)
        if not any(has_begun(folder) or is_of_runs(folder) for folder in matches):
            note(f"{pattern} is left out: no run folder fits it")
        folders += matches
    unique = list(dict.fromkeys(folders))
    for folder in unique[1:]:
        if is_comparison(folder):
            note(f"{folder.name} is left out: it compares runs and holds none")
        if is_ensemble(folder):
            note(f"{folder.name} is left out: its {ENSEMBLE_TEXT} compares it with its members")
    runs = [folder for folder in unique if has_begun(folder)]
    return name_folders(runs, [outputs, REFERENCE.parent])


def read_runs(patterns: list[str], own: Path) -> dict[str, FinishedRun]:
    """Return the finished runs that names, patterns and paths stand for, by name.

    They are found like `find_runs` finds them. A run that is unfinished or damaged is printed with
    the reason, and left out. Raises `TweetsentError` if none is left.
    """
    found = {}
    for name, folder in find_runs(patterns, own).items():
        try:
            found[name] = read_run(folder)
        except TweetsentError as error:
            print(f"{name} is left out: {error}")
    if not found:
        what = f"there is no finished run in {own.name} or among {patterns}"
        remedy = "make one (python -m tweetsent_utils run), or name some in the parameter runs"
        raise TweetsentError(f"{what}: {remedy}")
    return found


def has_begun(folder: Path) -> bool:
    """Tell whether a folder holds a run, finished or not.

    A folder that only holds a comparison does not: notebook 1, which records its file of tweets in
    `params.yaml`, never ran there. Nor does one with an ensemble, which trained nothing itself.
    """
    parameters = folder / "params.yaml"
    try:
        if is_ensemble(folder):
            return False
        if (folder / "metrics.json").exists():
            return True
        return parameters.is_file() and b"train_file" in parameters.read_bytes()
    except OSError:  # whoever reads the run will say why it cannot be read
        return True


def is_comparison(folder: Path) -> bool:
    """Tell whether a folder holds what a comparison of runs leaves, and no run."""
    return not has_begun(folder) and (folder / "compare.csv").exists()


def is_of_runs(folder: Path) -> bool:
    """Tell whether a folder holds what was made of several runs: a comparison or an ensemble."""
    return is_comparison(folder) or is_ensemble(folder)


def name_folders(folders: list[Path], roots: list[Path]) -> dict[str, Path]:
    """Return folders by name: the place below the first root that holds it, else its last part.

    If two would have one name, the second has its whole path.
    """
    named = {}
    for folder in folders:
        root = next((root for root in roots if folder.is_relative_to(root)), folder.parent)
        name = folder.relative_to(root).as_posix()
        named[str(folder) if name in named else name] = folder
    return named


def read_run(folder: Path) -> FinishedRun:
    """Read what a finished run left.

    Raises `TweetsentError` if a file is missing or damaged, and if history and scores are of two
    trainings, as when a second one in the same folder was interrupted.
    """
    with read_errors(folder):
        metrics = require_file(folder / "metrics.json", "03_training")
        history = require_file(folder / "history.csv", "03_training")
    kinds = (KeyError, AttributeError, TypeError, ValueError)
    with user_error(f"{metrics} is damaged", "run 03_training.ipynb again", *kinds):
        found = load_json(verify_file(metrics, "03_training"))
        clock = load_json(folder / "timings.json").get("training", {})
        scores = select_scores(found | {"training": found.get("training", {}) | clock})
    with read_errors(verify_file(history, "03_training")):
        columns = ["step", "train_loss", "validation_accuracy"]
        if "validation_loss" in pd.read_csv(history, nrows=0):
            columns.append("validation_loss")
        curves = pd.read_csv(history, usecols=columns, dtype=float)
    if not np.isclose(curves["validation_accuracy"], scores["validation_accuracy"]).any():
        what = f"{folder.name}/metrics.json and history.csv are of two trainings"
        raise TweetsentError(f"{what}: run 03_training.ipynb with the same run_name again")
    parameters = load_yaml(require_file(folder / "params.yaml", "01_data_analysis"))
    if not {"train_file", "seed"} <= set(parameters):
        what = f"{folder.name}/params.yaml lacks the train_file or the seed"
        raise TweetsentError(f"{what}: run the notebooks with the same run_name again")
    return FinishedRun(scores, parameters, curves.set_index("step"))


def select_scores(metrics: dict) -> dict:
    """Return a run's row of a comparison, from the content of its `metrics.json`.

    Its validation scores must be there; what else is missing is None.
    """
    flat = {}
    for part, values in metrics.items():
        for name, value in values.items():
            flat[f"{part}_{name}"] = value
    row = {name: float(flat[name]) for name in VALIDATION_SCORES}
    if not 0 <= row["validation_accuracy"] <= 1:
        raise ValueError(f"an accuracy of {row['validation_accuracy']}")
    row["rows"] = int(flat["validation_rows"])
    for name in OTHER_FIGURES:
        row[name] = flat.get(name)
    return row


def save_comparison(run: Path, table: pd.DataFrame, means: pd.DataFrame) -> None:
    """Write a comparison into the folder of a run, for spreadsheets and for the command line.

    `table`, a row per run, becomes `compare.csv`. `means`, from `average_seeds`, becomes
    `compare.txt`, which the command shows after several runs.
    """
    write_atomically(run / "compare.csv", lambda file: table.to_csv(file, index_label="run"))
    heading = "validation accuracy by setting: mean, standard deviation (std) and number of seeds"
    lines = means.to_string(index=False, na_rep="-", float_format="{:.3f}".format)
    text = f"{heading}\n{lines}\nmore, with curves: {run / '06_compare_runs.ipynb'}\n"
    write_atomically(run / "compare.txt", lambda file: file.write_text(text, encoding="utf-8"))


def read_sweep(parameter: str) -> pd.DataFrame:
    """Return the validation accuracies of a published sweep: a row per seed, a column per value."""
    sweep = load_json(REFERENCE / "sweeps" / f"{parameter}.json")
    runs = pd.DataFrame(sweep["runs"])
    return runs.pivot(index="seed", columns=parameter, values="accuracy")
