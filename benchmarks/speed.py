"""How fast we train, next to the original's loop and Trainer: same tweets, encoder and machine.

    python benchmarks/speed.py [--data FILE] [--help]

Each peer trains some epochs with each seed, in a process of its own. The peers take turns, so that
other work of the machine slows all alike. Start-up, the first two steps and the scoring of the
validation tweets are not timed; what a peer tokenises beforehand is charged to the tweets that are.
All have the same dropout and the same environment, that of the notebooks' kernels. The figures go
to `outputs/bench/speed.json`, and a table to the terminal.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from common import make_parser, save_figures, write_random_encoder
from measure import Job, measure_apart
from peers import PEERS
from summary import derive_rates, summarise
from tweets import (
    describe_lengths,
    draw_tweets,
    read_labelled,
    save_tweets,
    synthetic_tweets,
    token_quantiles,
)

from tweetsent_utils.model.encoder import PACKAGED, find_encoder
from tweetsent_utils.training.device import pick_device

RANDOM_ENCODER = "distilbert-size"  # a DistilBERT of the usual size with random weights
SHOWN = {
    "title": "training",
    "device": "device",
    "tweets_per_second": "tweets/s",
    "ratio_to_original": "x original",
    "ratio_to_trainer": "x Trainer",
    "padding": "padding",
    "peak_mib": "peak MiB",
    "accuracy_mean": "accuracy",
    "accuracy_std": "std",
    "finished": "finished",
}


def bench(
    options: argparse.Namespace,
    run: Callable[[Job], dict[str, Any]] = measure_apart,
) -> dict[str, Any]:
    """Measure every peer with every seed on every device; return all rows and their summary."""
    devices, absent = choose_devices(options.device)
    sizes = {"train": options.train, "validation": options.validation}
    rows = []
    lengths = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        encoder = prepare_encoder(options.encoder, folder / "encoder")
        for seed in options.seeds:
            tweets = draw_tweets(sizes, seed, options.data)
            texts = tweets["train"]["text"].tolist()
            lengths.append({"seed": seed, **describe_lengths(texts)})
            save_tweets(folder / f"tweets{seed}", tweets)
            for job in plan_jobs(options, seed, devices, encoder, folder / f"tweets{seed}"):
                rows.append(run(job))
                print(describe_row(rows[-1]), flush=True)
    is_named = options.encoder in (PACKAGED, RANDOM_ENCODER)
    return {
        "what": "tweets/s over the steps after the first two, scoring left out; "
        "accuracy after the last epoch",
        "tweets": "real" if options.data else "synthetic, as long as real ones",
        "rows_per_seed": sizes,
        "tokens_per_tweet": lengths,
        "encoder": options.encoder if is_named else "a local folder",
        "max_lr": options.max_lr,
        "epochs": options.epochs,
        "not_measured": absent,
        "summary": summarise(rows),
        "runs": rows,
    }


def choose_devices(device: str) -> tuple[list[str], list[str]]:
    """Return the devices to measure on, and those that are left out because they are not there."""
    if device != "auto":
        return [str(pick_device(device))], []
    if torch.cuda.is_available():
        return ["cpu", "cuda:0"], []
    return ["cpu"], ["cuda:0"]


def prepare_encoder(encoder: str, folder: Path) -> Path:
    """Return an encoder's folder; one of random weights is written to `folder`."""
    if encoder == RANDOM_ENCODER:
        return write_random_encoder(folder)
    return find_encoder(encoder)


def plan_jobs(
    options: argparse.Namespace,
    seed: int,
    devices: list[str],
    encoder: Path,
    tweets: Path,
) -> list[Job]:
    """Return what to measure with a seed; a peer with a cap is measured with the first one only."""
    jobs = []
    for device in devices:
        for peer in options.peers:
            has_cap = PEERS[peer].has_cap
            if has_cap and seed != options.seeds[0]:
                continue
            job = Job(
                peer=peer,
                seed=seed,
                device=device,
                encoder=str(encoder),
                tweets=str(tweets),
                max_lr=options.max_lr,
                epochs=options.epochs,
                cap=options.cap if has_cap else 0.0,
            )
            jobs.append(job)
    return jobs


def describe_row(row: dict[str, Any]) -> str:
    """Say in a line what came of one process."""
    rate = derive_rates(row).get("tweets_per_second", 0.0)
    if row["finished"]:
        end = f"accuracy {row['validation_accuracy']:.3f}"
    else:
        end = f"unfinished: {row['tweets']} tweets in {row['seconds']:.0f} s"
    title = PEERS[row["peer"]].title
    return f"{row['device']}, seed {row['seed']}, {title}: {rate:.1f} tweets/s, {end}"


def make_table(result: dict[str, Any]) -> str:
    """Return the summary as a table for the terminal; empty fields were not measured."""
    table = pd.DataFrame(result["summary"]).reindex(columns=list(SHOWN)).rename(columns=SHOWN)
    lines = [table.to_string(index=False, na_rep="", float_format="{:,.3f}".format)]
    lines += [f"{device}: not measured (no GPU)" for device in result["not_measured"]]
    return "\n".join(lines)


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument(
        "--data",
        type=Path,
        help="a CSV file in the Kaggle format; without it, synthetic tweets",
    )
    parser.add_argument(
        "--train",
        type=int,
        default=2000,
        help="training tweets (default 2000)",
    )
    parser.add_argument(
        "--validation",
        type=int,
        default=1000,
        help="validation tweets (default 1000)",
    )
    parser.add_argument(
        "--seeds",
        type=int,
        nargs="+",
        default=[0, 1, 2],
        help="default 0 1 2",
    )
    parser.add_argument(
        "--peers",
        nargs="+",
        choices=PEERS,
        default=list(PEERS),
        help="default: all",
    )
    parser.add_argument(
        "--encoder",
        default=PACKAGED,
        help=f"the packaged one, a folder, a hub id, or {RANDOM_ENCODER}",
    )
    parser.add_argument(
        "--device",
        default="auto",
        help="auto (the CPU, and a GPU where there is one), cpu or cuda:0",
    )
    parser.add_argument(
        "--max-lr",
        type=float,
        default=2e-4,
        help="highest learning rate at a batch of 16",
    )
    parser.add_argument(
        "--epochs",
        type=int,
        default=2,
        help="epochs that each peer trains (default 2)",
    )
    parser.add_argument(
        "--cap",
        type=float,
        default=180.0,
        help="seconds of training for Trainer's best settings",
    )
    parser.add_argument(
        "--lengths",
        action="store_true",
        help="print the quantiles of tokens per tweet, and stop",
    )
    return parser.parse_args(arguments)


def print_lengths(options: argparse.Namespace) -> None:
    """Print the quantiles of tokens per tweet, of a file or of synthetic tweets."""
    if options.data is None:
        tweets = synthetic_tweets(options.train, "train", seed=0)
    else:
        tweets = read_labelled(options.data)
    print(token_quantiles(tweets["text"].tolist()))


def main(arguments: list[str] | None = None) -> None:
    """Measure what the command line asks for."""
    options = parse_options(arguments)
    if options.lengths:
        print_lengths(options)
        return
    result = bench(options)
    save_figures("speed", result)
    print(make_table(result))


if __name__ == "__main__":
    main()
