"""Three seeds of the sample's generator and of the training: does the encoder beat the bag of words by ten points?

    python tests/benchmarks/three_seeds.py [--seeds 0 1 2]

It writes `outputs/reference/three_seeds.json`. Each seed generates a sample of its own and runs the pipeline on the
quick defaults; the test files are scored once each.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from tweetsent_utils.driver import run
from tweetsent_utils.files import PROJECT_ROOT, REFERENCE, load_json, save_json
from tweetsent_utils.parameters import gather_parameters
from tweetsent_utils.runs import environment


def one_seed(seed: int, folder: Path) -> dict:
    """Generate the sample of a seed, run the pipeline on it, and return the test scores."""
    sample = folder / f"sample{seed}"
    sample.mkdir()
    generator = [sys.executable, "data/sample/make_sample.py", "--seed", str(seed), "--output", str(sample)]
    subprocess.run(generator, cwd=PROJECT_ROOT, check=True)
    given = {
        "seed": seed,
        "train_file": sample / "Corona_NLP_train.csv",
        "test_file": sample / "Corona_NLP_test.csv",
        "run_name": folder / f"seed{seed}",
    }
    finished = run(gather_parameters(overrides=[(name, str(value)) for name, value in given.items()]))
    metrics = load_json(finished / "metrics.json")
    return {
        "seed": seed,
        "encoder": metrics["test"]["accuracy"],
        "bag_of_words": metrics["baselines"]["bag_of_words"]["accuracy"],
        "validation": metrics["validation"]["accuracy"],
    }


def main() -> None:
    """Run every seed and write the table with means, spread, hardware and versions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    seeds = parser.parse_args().seeds
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with tempfile.TemporaryDirectory() as folder:
        runs = [one_seed(seed, Path(folder)) for seed in seeds]
    gains = [run["encoder"] - run["bag_of_words"] for run in runs]
    summary = {
        "runs": runs,
        "mean_encoder": np.mean([run["encoder"] for run in runs]),
        "mean_bag_of_words": np.mean([run["bag_of_words"] for run in runs]),
        "mean_gain": np.mean(gains),
        "std_gain": np.std(gains, ddof=1),
        "environment": environment(),
    }
    save_json(REFERENCE / "three_seeds.json", summary)
    print(f"gain over the bag of words: {summary['mean_gain']:.3f} +- {summary['std_gain']:.3f} ({len(runs)} seeds)")


if __name__ == "__main__":
    main()
