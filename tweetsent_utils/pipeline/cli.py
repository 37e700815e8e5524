"""The command line: `tweetsent run`, `report`, `score`, `export`, and to play `lab`, `explore`."""

import argparse
import os
import signal
from dataclasses import fields
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from tweetsent_utils.errors import Stopped, TweetsentError
from tweetsent_utils.files import load_json, require_file
from tweetsent_utils.pipeline.driver import run_all
from tweetsent_utils.pipeline.notebooks import list_notebooks, step_number
from tweetsent_utils.pipeline.parameters import default_parameters, gather_parameters
from tweetsent_utils.pipeline.runs import (
    ENSEMBLE_TEXT,
    REPORT,
    is_ensemble,
    load_metrics,
    refuse_ensemble,
    run_folder,
)
from tweetsent_utils.pipeline.terminal import say
from tweetsent_utils.training.stopping import stop_signals

# What the notebooks' kernels inherit, and must have when they start.
KERNEL_SETTINGS = {
    "PYTORCH_ENABLE_MPS_FALLBACK": "1",  # what Apple's mps lacks runs on the CPU
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else every kernel warns of frozen modules
    "OMP_WAIT_POLICY": "PASSIVE",  # else torch's threads starve next to any other busy process
    "GOMP_SPINCOUNT": "20000",  # yet a thread waits a moment before it sleeps
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # large pages, for the gradient of the embeddings
}
SIGNALLED = 128  # a shell's exit code for a program that a signal ended is this and its number
MOST_SEEDS = 1000
MOST_THREADS = 1024


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code.

    It is 0, or 1 on an error. Stopped by Ctrl-C it is 130, by SIGTERM 143, and by a terminal that
    was closed (SIGHUP) 129.
    """
    try:
        with stop_signals(interrupt):
            options = parse(arguments)
            options.act(options)
    except Stopped as stop:
        say(f"\n{stop}\nthe same command goes on from there", "stderr")
        return SIGNALLED + stop.signal_number
    except TweetsentError as error:
        say(f"error: {error}", "stderr")
        return 1
    except KeyboardInterrupt as stop:
        kept = "what is finished and the last checkpoint stay"
        say(f"\ninterrupted: {kept}; the same command goes on", "stderr")
        return SIGNALLED + (stop.args[0] if stop.args else signal.SIGINT)
    return 0


def interrupt(number: int, frame: FrameType | None) -> None:
    """End what the command does between two notebooks: a handler of signals."""
    raise KeyboardInterrupt(number)


def run_pipelines(options: argparse.Namespace) -> None:
    """Run the pipeline as the options say, and print what came of it."""
    os.environ.update(KERNEL_SETTINGS | os.environ)
    parameters = gather_parameters(options.file, options.p, options.run)
    sweeps = list(options.sweep)
    if options.seeds != 1:
        sweeps.append(seed_sweep(parameters["seed"], options.seeds))
    if options.engine == "ray":
        folders = run_on_cluster(parameters, sweeps, options)
    else:
        folders = run_all(parameters, sweeps, options.start, options.ensemble)
    if len(folders) == 1:
        say(summary(folders[0]))
    elif options.ensemble:
        *_, compared, ensemble = folders
        say(f"{comparison(compared)}\n{gain_of(ensemble)}")
    else:
        say(comparison(folders[-1]))


def run_on_cluster(
    parameters: dict[str, Any],
    sweeps: list[str],
    options: argparse.Namespace,
) -> list[Path]:
    """Run the pipeline once for each combination of values, side by side on a Ray cluster."""
    from tweetsent_utils.pipeline.ray_runs import run_each_with_ray  # imports pyarrow: a moment

    if not sweeps:
        what = "--engine ray spreads several runs, and this is one"
        raise TweetsentError(f"{what}: give --seeds or --sweep")
    spread = partial(run_each_with_ray, address=options.address)
    return run_all(parameters, sweeps, options.start, options.ensemble, spread)


def write_a_report(options: argparse.Namespace) -> None:
    """Write the report of a finished run, and say where it is."""
    from tweetsent_utils.pipeline.report import write_report  # imports pandas: a second

    folder = run_folder(options.run)
    if is_ensemble(folder):
        what = f"{folder.name} is an ensemble, which has no report of its own"
        remedy = f"read {folder / ENSEMBLE_TEXT}, or the report of a member"
        raise TweetsentError(f"{what}: {remedy}")
    say(str(write_report(folder)))
    if (folder / "model").is_dir():
        from tweetsent_utils.pipeline.model_card import write_model_card

        say(str(write_model_card(folder)))


def push_a_model(options: argparse.Namespace) -> None:
    """Upload the model of a finished run to a hub, and say where it is."""
    from tweetsent_utils.pipeline.publishing import push_model  # imports torch: seconds

    folder = run_folder(options.run)
    refuse_ensemble(folder)
    address = push_model(folder, options.repo, options.public, options.dry_run)
    if address:
        say(address)


def open_jupyterlab(options: argparse.Namespace) -> None:
    """Open JupyterLab on working copies of the notebooks, until Ctrl-C ends it."""
    from tweetsent_utils.pipeline.lab import open_lab  # imports nbformat: a moment

    os.environ.update(KERNEL_SETTINGS | os.environ)
    open_lab(options.jupyterlab, options.fresh)


def serve_playground(options: argparse.Namespace) -> None:
    """Serve the playground of finished runs as a page, until Ctrl-C ends it."""
    from tweetsent_utils.pipeline.exploring import explore  # imports transformers: seconds

    os.environ.update(KERNEL_SETTINGS | os.environ)
    explore(options.run or [default_parameters()["run_name"]], options.voila)


def score_a_corpus(options: argparse.Namespace) -> None:
    """Score files with the model of a run, or another, into a folder."""
    from tweetsent_utils.pipeline.scoring import Order, score_files  # imports torch: seconds

    names = [field.name for field in fields(Order)]
    score_files(Order(**{name: getattr(options, name) for name in names}))


def export_model(options: argparse.Namespace) -> None:
    """Write the model of a finished run as ONNX files, scored again, and say where they are."""
    from tweetsent_utils.pipeline.exporting import export_run  # imports torch: seconds

    say(str(export_run(options.run, options.keep, options.threads)))


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of a command line; end the process with the usage if it cannot be read."""
    parser = make_parser()
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        what = f"unrecognized arguments: {' '.join(unknown)}"
        if options.command in ("lab", "explore"):
            server = "JupyterLab" if options.command == "lab" else "Voilà"
            example = f"{options.command} -- --no-browser"
            what = f"{what} (options of {server}'s come after two dashes: {example})"
        parser.error(what)
    if options.command == "export" and not 0 <= options.threads <= MOST_THREADS:
        parser.error(f"--threads {options.threads}: give a number between 0 and {MOST_THREADS:,}")
    if options.command != "run":
        return options
    if options.start is not None:
        numbers = [step_number(path) for path in list_notebooks()]
        if options.start not in numbers:
            parser.error(f"--from {options.start!r}: choose from {', '.join(numbers)}")
    if not 1 <= options.seeds <= MOST_SEEDS:
        parser.error(f"--seeds {options.seeds}: give a number between 1 and {MOST_SEEDS:,}")
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
        "--ensemble",
        action="store_true",
        help="then average the probabilities of these seeds, in outputs/<run name>-ensemble/",
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
    run.add_argument(
        "--engine",
        default="local",
        choices=["local", "ray"],
        help="ray: the runs of a sweep side by side, each a task (needs requirements-scale.txt)",
    )
    run.add_argument("--address", default="", help="of a Ray cluster, such as auto")
    run.set_defaults(act=run_pipelines)
    report = commands.add_parser(
        "report",
        help="write a run's report.html and its model's card again, from what the run has left",
    )
    report.add_argument(
        "--run",
        metavar="NAME",
        default=default_parameters()["run_name"],
        help="name of the run and its folder",
    )
    report.set_defaults(act=write_a_report)
    add_score(commands)
    push = commands.add_parser(
        "push",
        help="upload the model of a finished run, with its card, to the Hugging Face hub",
    )
    push.add_argument("--run", metavar="NAME", required=True, help="the run whose model it is")
    push.add_argument("--repo", metavar="OWNER/NAME", required=True, help="the repository")
    push.add_argument("--public", action="store_true", help="make a repository that all may read")
    push.add_argument("--dry-run", action="store_true", help="write the card and upload nothing")
    push.set_defaults(act=push_a_model)
    lab = commands.add_parser(
        "lab",
        help="open JupyterLab on working copies of the notebooks, in outputs/lab/",
    )
    lab.add_argument(
        "--fresh",
        action="store_true",
        help="make the copies anew; those that were changed move into outputs/lab/older/",
    )
    lab.add_argument(
        "jupyterlab",
        nargs="*",
        metavar="OPTION",
        help="JupyterLab's own options, after --, such as: tweetsent lab -- --no-browser",
    )
    lab.set_defaults(act=open_jupyterlab)
    explore = commands.add_parser(
        "explore",
        help="serve the playground of notebook 04 as a page of its own, for this machine alone",
    )
    explore.add_argument(
        "--run",
        action="append",
        metavar="NAME",
        help="a finished run whose model reads; may be repeated, for models side by side",
    )
    explore.add_argument(
        "voila",
        nargs="*",
        metavar="OPTION",
        help="Voilà's own options, after --, such as: tweetsent explore -- --no-browser",
    )
    explore.set_defaults(act=serve_playground)
    export = commands.add_parser(
        "export",
        help="write a run's model as ONNX, fp32 and int8, into outputs/<run name>/onnx/",
        description="Write the trained model of a run as ONNX, in fp32 and in int8, into "
        "outputs/<run name>/onnx/. Both are scored on the run's test texts next to PyTorch, and an "
        "export that loses more than half a point of accuracy isn't kept. Needs "
        "requirements-export.txt.",
    )
    export.add_argument(
        "--run",
        metavar="NAME",
        default=default_parameters()["run_name"],
        help="name of the run and its folder",
    )
    export.add_argument(
        "--keep",
        action="store_true",
        help="keep an export all the same that loses more than half a point of accuracy",
    )
    export.add_argument(
        "--threads",
        type=int,
        metavar="N",
        default=0,
        help="how many cores an engine may use while it is scored and timed (all of them)",
    )
    export.set_defaults(act=export_model)
    return parser


def add_score(commands: Any) -> None:
    """Add the command `score` to the others."""
    score = commands.add_parser(
        "score",
        help="let a model answer files of any size, into a folder of Parquet files",
    )
    score.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="a CSV, TSV, JSON lines or Parquet file, a pattern, or a folder; also .gz, .zst, .bz2",
    )
    score.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="where the answers go; the same command goes on there after a stop",
    )
    score.add_argument("--run", metavar="NAME", default="", help="the run whose model answers")
    score.add_argument("--model", metavar="FOLDER", default="", help="or another model's folder")
    score.add_argument(
        "--text-column",
        metavar="NAME",
        default="",
        help="the column of the texts (the one that the run was trained on)",
    )
    score.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="NAME",
        help="a column to copy; may be repeated (those that are called like ids)",
    )
    score.add_argument(
        "--date-column",
        metavar="NAME",
        default="",
        help="the column of the days, for a summary by day",
    )
    score.add_argument("--encoding", default="", help="of text files (guessed for each)")
    score.add_argument(
        "--unsure-below",
        type=float,
        default=0.5,
        metavar="P",
        help="an answer of a smaller probability counts as unsure (0.5)",
    )
    score.add_argument("--device", default="auto", help="cpu, cuda:0, mps (the best there is)")
    score.add_argument(
        "--precision",
        default="auto",
        choices=["auto", "fp32", "bf16", "bf16-weights", "onnx", "int8"],
        help="auto: as the run was trained; onnx and int8: what tweetsent export has written",
    )
    score.add_argument(
        "--rows-per-shard",
        type=int,
        default=50_000,
        metavar="N",
        help="of the output; a stop loses at most one shard (50,000)",
    )
    score.add_argument(
        "--shard",
        default="1/1",
        metavar="I/N",
        help="only the I-th of N shares, for as many processes or machines",
    )
    score.add_argument(
        "--engine",
        default="local",
        choices=["local", "ray"],
        help="ray: on a cluster, or on this machine (needs requirements-scale.txt)",
    )
    score.add_argument("--address", default="", help="of a Ray cluster, such as auto")
    score.set_defaults(act=score_a_corpus)


def seed_sweep(first: int, count: int) -> str:
    """Return the sweep over `count` seeds from the first one on."""
    seeds = ",".join(str(seed) for seed in range(first, first + count))
    return f"seed={seeds}"


def summary(folder: Path) -> str:
    """Say where a finished run's results are, and its test accuracy next to the baselines."""
    metrics = load_metrics(folder)
    test = metrics["test"]
    baselines = [
        f"{name.replace('_', ' ')} {scores['accuracy']:.3f}"
        for name, scores in metrics["baselines"].items()
    ]
    scale = ", ".join(baselines)
    made_with = load_json(require_file(folder / "dataset" / "meta.json", "02_dataset_creation"))
    cut = f"{made_with['share_cut']:.1%} of the training texts, at {made_with['max_length']} tokens"
    accuracy = f"{test['accuracy']:.3f} on {test['rows']:,} texts ({scale})"
    lines = {
        "executed notebooks": folder / "*.ipynb",
        "model": folder / "model",
        "figures": folder / "figures",
        "test accuracy": accuracy,
        "texts cut": f"{cut} (max_length)",
    }
    if (folder / REPORT).exists():
        lines = {"report": folder / REPORT, **lines}
    return "\n".join(f"{what:20}{value}" for what, value in lines.items())


def comparison(folder: Path) -> str:
    """Return the table that compares several runs."""
    table = require_file(folder / "compare.txt", "06_compare_runs")
    return table.read_text(encoding="utf-8")


def gain_of(folder: Path) -> str:
    """Return the lines that say what an ensemble gains and costs."""
    return (folder / ENSEMBLE_TEXT).read_text(encoding="utf-8").rstrip("\n")
