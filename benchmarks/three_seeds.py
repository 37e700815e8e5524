"""How far is the encoder ahead of the better bag of words? Three seeds of sample and training.

    python benchmarks/three_seeds.py [--seeds 0 1 2]

Each seed generates a sample of its own and runs the pipeline on the quick defaults; the test files
are scored once each. The figures go to `outputs/reference/three_seeds.json`.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import make_parser, process_settings

from tweetsent_utils.files import load_json, save_json
from tweetsent_utils.paths import PROJECT_ROOT, REFERENCE
from tweetsent_utils.pipeline.driver import run_pipeline
from tweetsent_utils.pipeline.environment import describe_environment
from tweetsent_utils.pipeline.parameters import gather_parameters


def run_seed(seed: int, folder: Path) -> dict[str, Any]:
    """Generate the sample of a seed, run the pipeline on it, and return the accuracies."""
    sample = folder / f"sample{seed}"
    sample.mkdir()
    generator = ["scripts/make_sample.py", "--seed", str(seed), "--output", str(sample)]
    subprocess.run([sys.executable, *generator], cwd=PROJECT_ROOT, check=True)
    overrides = {
        "seed": seed,
        "train_file": str(sample / "Corona_NLP_train.csv"),
        "test_file": str(sample / "Corona_NLP_test.csv"),
        "run_name": str(folder / f"seed{seed}"),
    }
    run = run_pipeline(gather_parameters(overrides=overrides.items()))
    metrics = load_json(run / "metrics.json")
    return {
        "seed": seed,
        "encoder": metrics["test"]["accuracy"],
        "bag_of_words": metrics["baselines"]["bag_of_words"]["accuracy"],
        "ordinal_bag_of_words": metrics["baselines"]["ordinal_bag_of_words"]["accuracy"],
        "validation": metrics["validation"]["accuracy"],
    }


def summarise_seeds(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the runs of two or more seeds with means and the spread of the gain.

    The gain is over the bag of words that has the better mean.
    """
    means = {
        name: statistics.fmean(run[name] for run in runs)
        for name in ("encoder", "bag_of_words", "ordinal_bag_of_words")
    }
    better = max("bag_of_words", "ordinal_bag_of_words", key=means.get)
    gains = [run["encoder"] - run[better] for run in runs]
    return {
        "runs": runs,
        **{f"mean_{name}": mean for name, mean in means.items()},
        "mean_gain": statistics.fmean(gains),
        "std_gain": statistics.stdev(gains),
    }


def main(arguments: list[str] | None = None) -> None:
    """Run every seed and write the figures with hardware and versions."""
    parser = make_parser(__doc__)
    parser.add_argument(
        "--seeds",
        type=int,
        nargs="+",
        default=[0, 1, 2],
        help="two or more (default 0 1 2)",
    )
    seeds = parser.parse_args(arguments).seeds
    if len(seeds) < 2:
        parser.error("--seeds: give two or more, for a spread")
    os.environ.update(process_settings())
    with tempfile.TemporaryDirectory() as folder:
        runs = [run_seed(seed, Path(folder)) for seed in seeds]
    summary = summarise_seeds(runs)
    save_json(
        REFERENCE / "three_seeds.json",
        summary | {"environment": describe_environment()},
    )
    gain = f"{summary['mean_gain']:.3f} +- {summary['std_gain']:.3f}"
    print(f"gain over the better bag of words: {gain} ({len(runs)} seeds)")


if __name__ == "__main__":
    main()
