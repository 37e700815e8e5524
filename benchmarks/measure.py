"""One training of one peer, measured: in this process, or in one of its own."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from common import process_settings
from gpu_peers import find_peer
from hardware import matrix_rates, peak_memory, reset_peak_memory
from peers import MAX_LENGTH, Peer, Setting
from recorder import CapReached, Recorder
from transformers import PreTrainedTokenizerBase
from tweets import LABEL_ORDER, load_tweets

from tweetsent_utils.data.tokenizing import load_tokenizer, tokenize
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.inference import predict_logits
from tweetsent_utils.evaluation.metrics import score
from tweetsent_utils.files import load_json, save_json
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.training.device import pick_device, pick_precision
from tweetsent_utils.training.profiling import shares_of_time

START_UP = 180.0  # seconds beyond its cap in which a training must have started and stopped


@dataclass(frozen=True)
class Job:
    """What one process measures: one peer, one seed, one device."""

    peer: str
    seed: int
    device: str
    encoder: str  # a folder
    tweets: str  # a folder with train.parquet and validation.parquet
    max_lr: float  # at a batch of 16; it grows with the batch
    epochs: int = 1
    cap: float = 0.0  # seconds of training after which to stop; 0: none
    matrix_size: int = 2048
    matrix_seconds: float = 1.0
    eval_batch_size: int = 64
    limit: float = 0.0  # seconds after which the process is ended; 0: START_UP after the cap


def measure(job: Job, report: Path) -> None:
    """Train one peer with one seed, score it, and write the figures to `report`.

    Those of a training with a cap are also written as they come.
    """
    peer = find_peer(job.peer)
    device = pick_device(job.device)
    precision = pick_precision(peer.precision, device)
    train, validation = load_tweets(Path(job.tweets))
    rates = matrix_rates(device, job.matrix_size, job.matrix_seconds)
    tokenizer = load_tokenizer(job.encoder, peer.cleaning, MAX_LENGTH)
    tokenise_seconds = 0.0  # the original's are in its steps
    if peer.tokenises_ahead:
        started = time.perf_counter()
        train = add_tokens(train, tokenizer)
        tokenise_seconds = time.perf_counter() - started

    reset_peak_memory(device)  # the matrices were the benchmark's own
    torch.manual_seed(job.seed)
    model = load_classifier(Path(job.encoder), LABEL_ORDER).to(device)
    row = {
        "peer": job.peer,
        "seed": job.seed,
        "device": job.device,
        "batch_size": peer.batch_size,
        "precision": str(precision).removeprefix("torch."),
        "cleaning": peer.cleaning,
        "epochs": job.epochs,
        "training_tweets": len(train),
        "max_lr": scale_rate(job.max_lr, peer.batch_size),
        "tokenise_seconds": tokenise_seconds,
        "layer_parameters": count_layer_parameters(model),
    }

    def keep(counts: dict[str, Any]) -> None:
        save_json(report, row | counts | {"matrix_flops": rates})

    recorder = Recorder(device, job.cap, keep)
    setting = Setting(
        model=model,
        tokenizer=tokenizer,
        train=train,
        recorder=recorder,
        precision=precision,
        batch_size=peer.batch_size,
        max_lr=row["max_lr"],
        epochs=job.epochs,
        seed=job.seed,
    )
    finished, train_more = run_training(peer, setting)
    row |= recorder.counts(finished) | {"setup_seconds": recorder.setup_seconds}
    row["peak_mib"] = peak_memory(device)
    rates_after = matrix_rates(device, job.matrix_size, job.matrix_seconds)
    row["matrix_flops"] = {name: max(rate, rates_after[name]) for name, rate in rates.items()}
    if finished:
        started = time.perf_counter()
        accuracy = score_accuracy(model, tokenizer, validation, job.eval_batch_size)
        row["evaluation_seconds"] = time.perf_counter() - started
        row["validation_accuracy"] = accuracy
    if train_more and device.type == "cpu":  # last, since the model goes on training
        row["shares_of_time"] = shares_of_time(train_more)
    save_json(report, row)


def run_training(peer: Peer, setting: Setting) -> tuple[bool, Callable[[], None] | None]:
    """Train a peer; return whether it came to its end, and more steps to profile, if it has any."""
    try:
        train_more = peer.train(setting)
    except CapReached:
        return False, None
    finally:
        setting.recorder.finish()
    return True, train_more


def add_tokens(tweets: pd.DataFrame, tokenizer: PreTrainedTokenizerBase) -> pd.DataFrame:
    """Return a table of tweets with the columns that `TweetDataset` reads."""
    input_ids = tokenize(tweets["text"].tolist(), tokenizer)
    return tweets.assign(row_id=range(len(tweets)), input_ids=input_ids)


def scale_rate(max_lr: float, batch_size: int) -> float:
    """Return the highest learning rate of a batch size, in proportion to a batch of 16.

    Linear scaling: Goyal et al., https://arxiv.org/abs/1706.02677.
    """
    return max_lr * batch_size / 16


def count_layer_parameters(model: torch.nn.Module) -> int:
    """Return the number of parameters in the transformer layers."""
    return sum(weight.numel() for name, weight in model.named_parameters() if ".layer." in name)


def score_accuracy(
    model: torch.nn.Module,
    tokenizer: PreTrainedTokenizerBase,
    validation: pd.DataFrame,
    batch_size: int,
) -> float:
    """Score a trained model, in fp32 whatever it was trained in."""
    input_ids = tokenize(validation["text"].tolist(), tokenizer)
    logits = predict_logits(input_ids, model, batch_size)
    return score(validation["label"].to_numpy(), logits)["accuracy"]


def measure_apart(job: Job, start_up: float = START_UP) -> dict[str, Any]:
    """Measure a job in a process of its own, and return its figures.

    A process that is still in a step when its time is over is ended, and what it left is returned.
    Raises `TweetsentError` with the last words of a process that failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        order = Path(folder) / "job.json"
        report = Path(folder) / "report.json"
        save_json(order, asdict(job))
        limit = job.limit or (job.cap + start_up if job.cap else None)
        try:
            done = subprocess.run(
                [sys.executable, __file__, str(order), str(report)],
                env=process_settings(),
                capture_output=True,
                text=True,
                timeout=limit,
            )
        except subprocess.TimeoutExpired:
            return nothing_done(job, limit) | load_json(report)
        if done.returncode:
            raise TweetsentError(f"{find_peer(job.peer).title} failed:\n{done.stderr[-2000:]}")
        return load_json(report)


def nothing_done(job: Job, seconds: float) -> dict[str, Any]:
    """Return the figures of a process that did not finish a step."""
    return {
        "peer": job.peer,
        "seed": job.seed,
        "device": job.device,
        "finished": False,
        "steps": 0,
        "tweets": 0,
        "real_tokens": 0,
        "positions": 0,
        "seconds": seconds,
    }


if __name__ == "__main__":
    measure(Job(**load_json(Path(sys.argv[1]))), Path(sys.argv[2]))
