"""The command line: `python -m tweetsent_utils run`."""

import argparse
import os
import sys
from pathlib import Path

from tweetsent_utils.driver import run_all
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json
from tweetsent_utils.parameters import gather_parameters, notebooks

# What the notebooks' kernels inherit, and must have when they start.
KERNEL_SETTINGS = {
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else every kernel warns of frozen modules
    "OMP_WAIT_POLICY": "PASSIVE",  # else torch's threads starve beside any other busy process
    "GOMP_SPINCOUNT": "20000",  # yet a thread waits a moment before it sleeps
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # large pages: the gradient of the embeddings is new at every step
}


def main(arguments: list[str] | None = None) -> int:
    """Run the pipeline as the command line says; return the exit code (0, 1 on an error, 130 when interrupted)."""
    parser = argparse.ArgumentParser(prog="python -m tweetsent_utils", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    pipeline = commands.add_parser("run", help="execute the notebooks in order into outputs/<run name>/")
    pipeline.add_argument("-f", "--file", type=Path, help="YAML file of parameters, such as notebooks/params/full.yaml")
    pipeline.add_argument("-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), help="one parameter")
    pipeline.add_argument("--run", metavar="NAME", help="name of the run and its folder (the parameter run_name)")
    pipeline.add_argument("--seeds", type=int, metavar="N", default=1, help="run with N seeds, a folder for each")
    pipeline.add_argument("--sweep", action="append", default=[], metavar="NAME=VALUE,...", help="a run per value")
    numbers = [path.name[:2] for path in notebooks()]
    pipeline.add_argument("--from", dest="start", choices=numbers, help="run again from this notebook on")
    options = parser.parse_args(arguments)
    os.environ.update({**KERNEL_SETTINGS, **os.environ})
    try:
        parameters = gather_parameters(options.file, options.p, options.run)
        seeds = ",".join(str(parameters.get("seed", 0) + count) for count in range(options.seeds))
        folders = run_all(parameters, [*options.sweep, *[f"seed={seeds}"] * (options.seeds != 1)], options.start)
    except TweetsentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted: what is finished and the last checkpoint stay; the same command goes on", file=sys.stderr)
        return 130
    print(summary(folders[0]) if len(folders) == 1 else (folders[-1] / "compare.txt").read_text(encoding="utf-8"))
    return 0


def summary(folder: Path) -> str:
    """Say where a finished run's results lie, and its test accuracy beside the baselines."""
    metrics = load_json(folder / "metrics.json")
    test, baselines = metrics["test"], metrics["baselines"]
    scale = ", ".join(f"{name.replace('_', ' ')} {scores['accuracy']:.3f}" for name, scores in baselines.items())
    places = {"executed notebooks": "*.ipynb", "model": "model", "figures": "figures"}
    lines = [f"{what:20}{folder / place}\n" for what, place in places.items()]
    return "".join(lines) + f"{'test accuracy':20}{test['accuracy']:.3f} on {test['rows']:,} tweets ({scale})"


if __name__ == "__main__":
    sys.exit(main())
