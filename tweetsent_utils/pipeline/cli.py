"""The command line: `tweetsent run`."""

import argparse
import os
import sys
from pathlib import Path

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json, require_file
from tweetsent_utils.pipeline.driver import run_all
from tweetsent_utils.pipeline.notebooks import list_notebooks
from tweetsent_utils.pipeline.parameters import gather_parameters

# What the notebooks' kernels inherit, and must have when they start.
KERNEL_SETTINGS = {
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else every kernel warns of frozen modules
    "OMP_WAIT_POLICY": "PASSIVE",  # else torch's threads starve next to any other busy process
    "GOMP_SPINCOUNT": "20000",  # yet a thread waits a moment before it sleeps
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # large pages, for the gradient of the embeddings
}
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code: 0, 1 on an error, 130 when interrupted."""
    try:
        options = parse(arguments)
        os.environ.update(KERNEL_SETTINGS | os.environ)
        parameters = gather_parameters(options.file, options.p, options.run)
        sweeps = list(options.sweep)
        if options.seeds != 1:
            sweeps.append(seed_sweep(parameters["seed"], options.seeds))
        folders = run_all(parameters, sweeps, options.start)
        print(summary(folders[0]) if len(folders) == 1 else comparison(folders[-1]))
    except TweetsentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        kept = "what is finished and the last checkpoint stay"
        print(f"\ninterrupted: {kept}; the same command goes on", file=sys.stderr)
        return INTERRUPTED
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of a command line; end the process with the usage if it cannot be read."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.start is not None:
        numbers = [path.name[:2] for path in list_notebooks()]
        if options.start not in numbers:
            parser.error(f"--from {options.start!r}: choose from {', '.join(numbers)}")
    if options.seeds < 1:
        parser.error(f"--seeds {options.seeds}: give a number of 1 or more")
    return options


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="tweetsent", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser(
        "run",
        help="execute the notebooks in order into outputs/<run name>/",
    )
    run.add_argument(
        "-f",
        "--file",
        type=Path,
        help="YAML file of parameters, such as configs/full.yaml",
    )
    run.add_argument(
        "-p",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="one parameter; may be repeated (configs/quick.yaml lists them)",
    )
    run.add_argument(
        "--run",
        metavar="NAME",
        help="name of the run and its folder (the parameter run_name)",
    )
    run.add_argument(
        "--seeds",
        type=int,
        metavar="N",
        default=1,
        help="run with N seeds, a folder for each",
    )
    run.add_argument(
        "--sweep",
        action="append",
        default=[],
        metavar="NAME=VALUE,...",
        help="a run per value",
    )
    run.add_argument(
        "--from",
        dest="start",
        metavar="NUMBER",
        help="run again from this notebook on, such as 03",
    )
    return parser


def seed_sweep(first: int, count: int) -> str:
    """Return the sweep over `count` seeds from the first one on."""
    seeds = ",".join(str(seed) for seed in range(first, first + count))
    return f"seed={seeds}"


def summary(folder: Path) -> str:
    """Say where a finished run's results are, and its test accuracy next to the baselines."""
    metrics = load_json(require_file(folder / "metrics.json", "04_inference"))
    test = metrics["test"]
    baselines = [
        f"{name.replace('_', ' ')} {scores['accuracy']:.3f}"
        for name, scores in metrics["baselines"].items()
    ]
    scale = ", ".join(baselines)
    accuracy = f"{test['accuracy']:.3f} on {test['rows']:,} tweets ({scale})"
    lines = {
        "executed notebooks": folder / "*.ipynb",
        "model": folder / "model",
        "figures": folder / "figures",
        "test accuracy": accuracy,
    }
    return "\n".join(f"{what:20}{value}" for what, value in lines.items())


def comparison(folder: Path) -> str:
    """Return the table that compares several runs."""
    table = require_file(folder / "compare.txt", "06_compare_runs")
    return table.read_text(encoding="utf-8")
