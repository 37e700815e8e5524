"""Copy the figures of finished runs into outputs/reference/, and write them into the pages.

    python scripts/publish.py [RUN_FOLDER | outputs/bench ...]
    python scripts/publish.py --name NAME RUN_FOLDER
    python scripts/publish.py --labels RUN_FOLDER
    python scripts/publish.py --sweep PARAMETER RUN_FOLDER ...

Only numbers, curves and parameters are copied; no file with a tweet in it. Without an argument
(`make figures`), the tables and figures in the pages are written again from outputs/reference/.
With `--name`, a run or an ensemble is published under another name than that of its folder. The
scores of an ensemble become `ensembles/NAME.json`.

With `--labels`, the figures that notebooks 05 and 05b have found on real files become
`label_audit.json`, which they show from then on next to their own; NLTK and its word list belong
to such a run. With `--sweep`, the validation scores of runs that differ in a parameter and in the
seed become `sweeps/PARAMETER.json`. After `make sweeps` these are `outputs/cleanings-cleaning-*`
for the cleaning; for the split, whose random half they already hold, they are
`outputs/cleanings-cleaning-words-*` and `outputs/splits-validation_split-*`.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from figures import refresh_pages
from result_tables import make_tables

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json, load_yaml, save_json
from tweetsent_utils.paths import REFERENCE
from tweetsent_utils.pipeline.runs import is_ensemble

RUN_FILES = (
    "metrics.json",
    "history.csv",
    "params.yaml",
    "environment.json",
    "timings.json",
    "figures/history.png",
    "figures/confusion_matrix.png",
    "figures/reliability.png",
    "figures/slices.png",
)
BENCHMARKS = (
    "speed.json",
    "scaling.json",
    "startup.json",
    "playground.json",
    "playground_page.json",
    "pages.json",
    "page.json",
    "scoring.json",
    "scoring_memory.json",
    "cpu_candidates.json",
    "recipes.json",
    "gpu.json",
)


def publish_run(folder: Path, name: str = "") -> None:
    """Copy the figures of a run into `outputs/reference/NAME/`; without a name, its folder's."""
    missing = [file for file in RUN_FILES if not (folder / file).is_file()]
    if missing:
        raise TweetsentError(f"{folder} is not a finished run: {missing[0]} is not there")
    for file in RUN_FILES:
        copy(folder / file, REFERENCE / (name or folder.name) / file)


def publish_ensemble(folder: Path, name: str = "") -> None:
    """Copy the scores of an ensemble and of its members to `outputs/reference/ensembles/`."""
    copy(folder / "metrics.json", REFERENCE / "ensembles" / f"{name or folder.name}.json")


def publish_benchmarks(folder: Path) -> None:
    """Copy the figures of `make bench` and `make gpu` into `outputs/reference/bench/`."""
    for name in BENCHMARKS:
        if load_json(folder / name).get("dry_run"):
            raise TweetsentError(f"{folder / name} is a rehearsal: its figures mean nothing")
        if (folder / name).exists():
            copy(folder / name, REFERENCE / "bench" / name)


def publish_labels(folder: Path) -> None:
    """Copy what a run's label audit found to `outputs/reference/label_audit.json`."""
    if not (folder / "audit.json").is_file():
        raise TweetsentError(f"{folder} has no audit.json: run notebook 05 there first")
    if "disagreement" not in load_json(folder / "audit.json"):
        raise TweetsentError(f"{folder / 'audit.json'} is half done: run notebook 05b there first")
    copy(folder / "audit.json", REFERENCE / "label_audit.json")


def publish_sweep(parameter: str, folders: Sequence[Path]) -> None:
    """Write `sweeps/<parameter>.json`: the validation scores of some runs.

    Raises `TweetsentError` if the runs differ in more than the parameter and the seed.
    """
    runs = []
    settings = []
    for folder in folders:
        metrics = load_json(folder / "metrics.json")
        parameters = load_yaml(folder / "params.yaml")
        if not metrics or parameter not in parameters:
            raise TweetsentError(f"{folder} is not a finished run with a parameter {parameter!r}")
        run = {
            parameter: parameters.pop(parameter),
            "seed": parameters.pop("seed"),
            "accuracy": metrics["validation"]["accuracy"],
            "macro_f1": metrics["validation"]["macro_f1"],
            "seconds": load_json(folder / "timings.json")["training"]["seconds"],
        }
        runs.append(run)
        for name in ("run_name", "runs"):
            parameters.pop(name, None)
        setting = {
            "training_tweets": metrics["training"]["tweets"],
            "validation_rows": metrics["validation"]["rows"],
            "parameters": parameters,
            "environment": load_json(folder / "environment.json"),
        }
        settings.append(setting)
    if any(setting != settings[0] for setting in settings):
        what = f"these runs differ in more than {parameter} and the seed"
        raise TweetsentError(f"{what}: nothing is published")
    save_json(REFERENCE / "sweeps" / f"{parameter}.json", {"runs": runs, **settings[0]})


def copy(source: Path, target: Path) -> None:
    """Copy a file into a folder that may not exist yet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--labels", action="store_true", help="publish the label audit of a run")
    parser.add_argument("--sweep", metavar="PARAMETER", help="publish runs as one sweep")
    parser.add_argument("--name", default="", help="publish a run or an ensemble under this name")
    options = parser.parse_args(arguments)
    if (options.labels or options.sweep) and not options.folders:
        parser.error("name the folders of the runs")
    if options.name and len(options.folders) != 1:
        parser.error("a name is for one folder")
    try:
        if options.sweep:
            publish_sweep(options.sweep, options.folders)
        for folder in [] if options.sweep else options.folders:
            if options.labels:
                publish_labels(folder)
            elif any((folder / name).exists() for name in BENCHMARKS):
                publish_benchmarks(folder)
            elif is_ensemble(folder):
                publish_ensemble(folder, options.name)
            else:
                publish_run(folder, options.name)
        changed = refresh_pages(make_tables())
    except TweetsentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for page in changed:
        print(f"{page}: figures written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
