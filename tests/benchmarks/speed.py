"""How fast we train beside the original's loop and Hugging Face Trainer: same tweets, same encoder, same machine.

    python tests/benchmarks/speed.py [--data FILE] [--help]

Each peer trains some epochs for each seed, in a process of its own, the peers in turn, so that a machine's other work
slows all alike. Not timed are start-up, the first two steps and the scoring of the validation tweets; the tokenising
that a peer does once beforehand is charged to the tweets that are timed. All have the same dropout and the same
environment, the Makefile's. The figures go to `outputs/bench/speed.json`, and a table to the terminal.
"""

import argparse
import os
import runpy
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import torch
from common import PARTS, label_order, quantiles, read_labelled, save_figures, synthetic_tweets, token_counts
from peers import MAX_LENGTH, PEERS, CapReached, Job, Recorder, Setting, peak_rate, train_original
from torch.utils.data import DataLoader
from transformers import AutoTokenizer, DistilBertConfig, DistilBertModel, PreTrainedTokenizerBase

from tweetsent_utils.__main__ import KERNEL_SETTINGS
from tweetsent_utils.batching import batches_by_length, collate
from tweetsent_utils.dataset import TweetDataset, tokenize
from tweetsent_utils.encoder import PACKAGED, find_encoder, load_classifier, load_tokenizer, packaged_encoder
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation import predict, score
from tweetsent_utils.files import REFERENCE, load_json, save_json
from tweetsent_utils.training import pick_device, pick_precision

MIB = 2**20
START_UP = 180.0  # seconds beyond its cap in which a peer must have started and stopped by itself


def matrix_rates(device: torch.device, size: int, seconds: float) -> dict[str, float]:
    """Return the FLOP/s of products of two square matrices of `size` (a GPU: four times that), in `fp32` and `bf16`."""
    gpu, rates = device.type == "cuda", {}
    size, at_once = (4 * size, 10) if gpu else (size, 1)  # a GPU is asked for several before it is waited for
    for name, dtype in {"fp32": torch.float32, "bf16": torch.bfloat16}.items():
        for side in (size // 8, size):  # the small one warms up, and stands where a large one would take too long
            matrix = torch.rand(side, side, device=device).to(dtype)
            recorder, products = Recorder(device), 0
            matrix @ matrix
            recorder.synchronise()
            recorder.begin()
            while products == 0 or recorder.ended - recorder.begun < seconds:
                for _ in range(at_once):
                    matrix @ matrix
                products += at_once
                recorder.finish()
            rates[name] = 2 * side**3 * products / (recorder.ended - recorder.begun)
            if 2 * size**3 / rates[name] > 10:
                break
    return rates


def peak_memory(device: torch.device) -> float:
    """Return the most memory that this process has held on a device so far, in MiB."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / MIB
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / MIB
    status = Path("/proc/self/status")
    if status.exists():  # getrusage, on Linux, also counts the process that started this one
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    import resource  # not there on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (MIB if sys.platform == "darwin" else 1024)


def measure(job: Job, report: Path) -> None:
    """Train one peer with one seed, score it, and write the figures to `report`; those of a capped one as they come."""
    peer, device = PEERS[job.peer], pick_device(job.device)
    dtype = pick_precision(peer.precision, device)
    train, validation = (pd.read_parquet(Path(job.tweets) / f"{part}.parquet") for part in PARTS)
    rates = matrix_rates(device, job.matrix_size, job.matrix_seconds)
    tokenizer = load_tokenizer(job.encoder, peer.cleaning, MAX_LENGTH)
    started = time.perf_counter()
    tokenised = peer.train is not train_original
    if tokenised:
        train = with_tokens(train, tokenizer)
    row = {"peer": job.peer, "seed": job.seed, "device": job.device, "batch_size": peer.batch_size}
    row |= {"precision": str(dtype).removeprefix("torch."), "cleaning": peer.cleaning, "epochs": job.epochs}
    row |= {"training_tweets": len(train), "max_lr": peak_rate(job, peer.batch_size)}
    row["tokenise_seconds"] = time.perf_counter() - started if tokenised else 0.0  # the original's are in its steps

    if device.type == "cuda":  # the matrices were the benchmark's own
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    torch.manual_seed(job.seed)
    model = load_classifier(Path(job.encoder), label_order()).to(device)
    row["layer_parameters"] = sum(weight.numel() for name, weight in model.named_parameters() if ".layer." in name)
    recorder = Recorder(device, job.cap, lambda counts: save_json(report, row | counts | {"matrix_flops": rates}))
    setting = Setting(job, model, tokenizer, train, recorder, dtype, peer.batch_size)
    finished, profile = False, None
    with suppress(CapReached):
        profile = peer.train(setting)
        finished = True
    recorder.finish()
    row |= recorder.counts(finished) | {"peak_mib": peak_memory(device)}
    again = matrix_rates(device, job.matrix_size, job.matrix_seconds)
    row["matrix_flops"] = {name: max(rate, again[name]) for name, rate in rates.items()}
    if finished:
        row["validation_accuracy"] = accuracy(model, with_tokens(validation, tokenizer))
    if profile and device.type == "cpu":  # last, since it goes on training
        row["shares_of_time"] = profile()
    save_json(report, row)


def with_tokens(tweets: pd.DataFrame, tokenizer: PreTrainedTokenizerBase) -> pd.DataFrame:
    """Return a table of tweets with the columns that `TweetDataset` reads."""
    return tweets.assign(row_id=range(len(tweets)), input_ids=tokenize(tweets["text"].tolist(), tokenizer))


def accuracy(model: torch.nn.Module, validation: pd.DataFrame) -> float:
    """Score a trained model, in fp32 whatever it was trained in."""
    tweets = TweetDataset(validation)
    batches = batches_by_length(tweets.lengths, 64)
    loader = DataLoader(tweets, batch_sampler=batches, collate_fn=partial(collate, pad_id=model.config.pad_token_id))
    _, labels, logits = predict(model, loader)
    return score(labels, logits)["accuracy"]


def measure_apart(job: Job, start_up: float = START_UP) -> dict[str, Any]:
    """Run a job in a process of its own; one that overruns its cap within a step is ended, and what it left returned.

    Raises `TweetsentError` with the last lines that a failed process said.
    """
    with tempfile.TemporaryDirectory() as folder:
        report, order = Path(folder) / "report.json", Path(folder) / "job.json"
        save_json(order, asdict(job))
        command = [sys.executable, __file__, "--job", str(order), "--report", str(report)]
        environment = {**KERNEL_SETTINGS, **os.environ}
        limit = job.cap + start_up if job.cap else None
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            nothing = {"finished": False, "steps": 0, "tweets": 0, "real_tokens": 0, "positions": 0, "seconds": limit}
            row = {"peer": job.peer, "seed": job.seed, "device": job.device, **nothing}
            return row | load_json(report)
        if done.returncode:
            raise TweetsentError(f"{PEERS[job.peer].title} failed:\n{done.stderr[-2000:]}")
        return load_json(report)


def derive(row: dict[str, Any]) -> dict[str, float]:
    """Return a row's rates: what it did over what it took; nothing where no step was done.

    Useful FLOP are 6 per parameter of the transformer layers and real token (forward 2, backward 4): Kaplan et al.,
    https://arxiv.org/abs/2001.08361, section 2.1. Their share is of the matrix-product rate in the row's precision.
    """
    if not row["tweets"]:
        return {}
    seconds = row["seconds"] + row["tokenise_seconds"] * row["tweets"] / (row["training_tweets"] * row["epochs"])
    useful = 6 * row["layer_parameters"] * row["real_tokens"] / seconds
    precision = {"bfloat16": "bf16", "float32": "fp32"}[row["precision"]]
    return {
        "tweets_per_second": row["tweets"] / seconds,
        "real_tokens_per_second": row["real_tokens"] / seconds,
        "padding": 1 - row["real_tokens"] / row["positions"],
        "useful_flops": useful,
        "share_of_matrix_rate": useful / row["matrix_flops"][precision],
    }


def summarise(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a summary per device and peer, in the order of the rows.

    Rates are medians over the seeds. The ratios to the original and to Trainer's defaults are medians of each seed's
    own ratio, whose two processes ran one after the other. Accuracy has mean and standard deviation.
    """
    summaries = []
    for device, peer in dict.fromkeys((row["device"], row["peer"]) for row in rows):
        mine = {row["seed"]: row for row in rows if (row["device"], row["peer"]) == (device, peer)}
        summary = {"device": device, "peer": peer, "title": PEERS[peer].title, "seeds": len(mine)}
        summary["finished"] = all(row["finished"] for row in mine.values())
        rates = {seed: derive(row) for seed, row in mine.items()}
        names = dict.fromkeys(name for rate in rates.values() for name in rate)
        summary |= {name: statistics.median(rate[name] for rate in rates.values() if rate) for name in names}
        for other in ("original", "trainer"):
            theirs = {row["seed"]: derive(row) for row in rows if (row["device"], row["peer"]) == (device, other)}
            ratios = [
                rate["tweets_per_second"] / theirs[seed]["tweets_per_second"]
                for seed, rate in rates.items()
                if rate and theirs.get(seed)
            ]
            if ratios:
                summary[f"ratio_to_{other}"] = statistics.median(ratios)
        if peaks := [row["peak_mib"] for row in mine.values() if "peak_mib" in row]:
            summary["peak_mib"] = statistics.median(peaks)
        summary |= {name: sum(row[name] for row in mine.values()) for name in ("tweets", "seconds")}
        if shares := [row["shares_of_time"] for row in mine.values() if "shares_of_time" in row]:
            summary["shares_of_time"] = {kind: statistics.mean(one[kind] for one in shares) for kind in shares[0]}
        if scores := [row["validation_accuracy"] for row in mine.values() if "validation_accuracy" in row]:
            spread = statistics.stdev(scores) if len(scores) > 1 else 0.0
            summary |= {"accuracy_mean": statistics.mean(scores), "accuracy_std": spread}
        summaries.append(summary)
    return summaries


def write_tweets(folder: Path, rows: dict[str, int], seed: int, data: Path | None) -> dict[str, Any]:
    """Write the tweets of a seed as Parquet, rows drawn from a file or synthetic, and describe them in figures."""
    if data:
        tweets = read_labelled(data).sample(sum(rows.values()), random_state=seed, ignore_index=True)
        parts = {"train": tweets[: rows["train"]], "validation": tweets[rows["train"] :]}
    else:
        parts = {part: synthetic_tweets(count, part, seed) for part, count in rows.items()}
    folder.mkdir()
    for part, tweets in parts.items():
        tweets[["text", "label"]].reset_index(drop=True).to_parquet(folder / f"{part}.parquet", index=False)
    texts = parts["train"]["text"].tolist()
    return {"seed": seed} | {
        f"tokens_{cleaning}": {"mean": counts.mean().item(), "std": counts.std().item()}
        for cleaning in ("raw", "words")
        for counts in [token_counts(texts, cleaning)]
    }


def prepare_encoder(encoder: str, folder: Path) -> Path:
    """Return an encoder's folder; `distilbert-size` is a DistilBERT of the usual size with random weights."""
    if encoder != "distilbert-size":
        return find_encoder(encoder)
    AutoTokenizer.from_pretrained(packaged_encoder()).save_pretrained(folder)
    torch.manual_seed(0)
    DistilBertModel(DistilBertConfig()).save_pretrained(folder)
    return folder


def devices(device: str) -> tuple[list[str], list[str]]:
    """Return the devices to measure on, and those that are left out because they are not there."""
    if device != "auto":
        return [str(pick_device(device))], []
    return (["cpu", "cuda:0"], []) if torch.cuda.is_available() else (["cpu"], ["cuda:0"])


def bench(options: argparse.Namespace, run: Callable[[Job], dict] = measure_apart) -> dict[str, Any]:
    """Measure every peer with every seed on every device, and return all rows and their summary."""
    used, absent = devices(options.device)
    sizes = {"train": options.train, "validation": options.validation}
    rows, described = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        encoder = prepare_encoder(options.encoder, folder / "encoder")
        for seed in options.seeds:
            described.append(write_tweets(folder / f"tweets{seed}", sizes, seed, options.data))
            for device in used:
                for peer in options.peers:
                    if PEERS[peer].capped and seed != options.seeds[0]:
                        continue
                    cap = options.cap if PEERS[peer].capped else 0.0
                    tweets = str(folder / f"tweets{seed}")
                    job = Job(peer, seed, device, str(encoder), tweets, options.max_lr, cap, epochs=options.epochs)
                    rows.append(run(replace(job, **options.matrix)))
                    print(tell(rows[-1]), flush=True)
    return {
        "what": "tweets/s over the steps after the first two, scoring left out; accuracy after the last epoch",
        "tweets": "synthetic, as long as real ones" if options.data is None else "real",
        "rows_per_seed": sizes,
        "tokens_per_tweet": described,
        "encoder": options.encoder if options.encoder in (PACKAGED, "distilbert-size") else "a local folder",
        "max_lr": options.max_lr,
        "epochs": options.epochs,
        "not_measured": absent,
        "summary": summarise(rows),
        "runs": rows,
    }


def tell(row: dict[str, Any]) -> str:
    """Say in a line what came of one process."""
    rate = derive(row).get("tweets_per_second", 0.0)
    end = "unfinished: {tweets} tweets in {seconds:.0f} s"
    end = "accuracy {validation_accuracy:.3f}" if row["finished"] else end
    line = "{device}, seed {seed}, {title}: {rate:.1f} tweets/s, " + end
    return line.format(**row, title=PEERS[row["peer"]].title, rate=rate)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a CSV file in the Kaggle format; without it, synthetic tweets")
    parser.add_argument("--train", type=int, default=2000, help="training tweets (default 2000)")
    parser.add_argument("--validation", type=int, default=1000, help="validation tweets (default 1000)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="default 0 1 2")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS), help="default: all")
    parser.add_argument("--encoder", default=PACKAGED, help="the packaged one, a folder, a hub id, or distilbert-size")
    parser.add_argument("--device", default="auto", help="auto (the CPU, and a GPU where there is one), cpu or cuda:0")
    parser.add_argument("--max-lr", type=float, default=2e-4, help="highest learning rate at a batch of 16")
    parser.add_argument("--epochs", type=int, default=2, help="epochs that each peer trains (default 2)")
    parser.add_argument("--cap", type=float, default=180.0, help="seconds of training for Trainer's best settings")
    parser.add_argument("--lengths", action="store_true", help="print the quantiles of tokens per tweet, and stop")
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    parser.set_defaults(matrix={})
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Measure what the command line asks for."""
    options = parse(arguments)
    if options.job:
        measure(Job(**load_json(options.job)), options.report)
    elif options.lengths:
        tweets = read_labelled(options.data) if options.data else synthetic_tweets(options.train, "train", 0)
        print(quantiles(tweets["text"].tolist()))
    else:
        result = bench(options)
        save_figures("speed", result)
        print(runpy.run_path(str(REFERENCE / "publish.py"))["speed_table"](result))


if __name__ == "__main__":
    main()
