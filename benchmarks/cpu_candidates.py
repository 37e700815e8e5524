"""What could make a training on a CPU faster, and by how much each of it does.

    python benchmarks/cpu_candidates.py [CANDIDATE ...] [--help]

Each candidate changes one thing of our training with the packaged encoder. It runs in a process of
its own, next to a process without the change; the two take turns, batch by batch, so that a busy
moment of the machine slows both. A candidate's ratio is the median over the rounds of how many
times as fast it is, `at_best` the ratio if all the work that it could save took no time, by a
profile of the training without it. The figures go to `outputs/bench/cpu_candidates.json`; those of
candidates that are not measured this time stay there.
"""

import argparse
import multiprocessing
import os
import resource
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from multiprocessing.connection import Connection
from typing import Any

import pandas as pd
import torch
from common import make_parser, process_settings, save_figures, seconds_of
from hardware import matrix_rates, peak_memory
from measure import MAX_LENGTH, add_tokens
from occurring_words import OccurringWordsTraining
from torch import nn
from tweets import LABEL_ORDER, synthetic_tweets

from tweetsent_utils.data.batching import LengthBucketSampler, collate, positions_per_token
from tweetsent_utils.data.dataset import TweetDataset
from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.files import load_json
from tweetsent_utils.model import cpu_kernels
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.model.encoder import packaged_encoder
from tweetsent_utils.paths import outputs_root
from tweetsent_utils.training.optimization import make_optimizer, make_scheduler
from tweetsent_utils.training.profiling import shares_of_time
from tweetsent_utils.training.step import eval_step, train_step

MAX_LR = 1.5e-4
WEIGHT_DECAY = 0.01
TOTAL_STEPS = 100_000
TWEETS = 2000
AT_ONCE = 3  # candidates, whose processes hold about 1.4 GiB each
ELEMENTWISE = (
    "dropout's random numbers and masks",
    "copies and casts",
    "softmax and GELU",
    "layer norms",
    "sums and products by element",
)
UPDATE = ("filling new gradients with zeros", "optimizer and clipping")
Step = Callable[[dict[str, torch.Tensor]], Any]


def start_model(dropout: float | None = None) -> nn.Module:
    """Return the packaged encoder with our parts, without a dropout of attention.

    `dropout`, if given, replaces that of the activations.
    """
    torch.manual_seed(0)
    model = load_classifier(packaged_encoder(), LABEL_ORDER, attention_dropout=0.0, pad_token_id=0)
    cpu_kernels.use_cpu_kernels(model)
    if dropout is not None:
        for module in model.modules():
            if isinstance(module, nn.Dropout):
                module.p = dropout
    return model


def make_step(model: nn.Module, precision: torch.dtype = torch.float32) -> Step:
    """Return a function that updates a model once on a batch, as notebook 03 does."""
    optimizer = make_optimizer(model, MAX_LR, WEIGHT_DECAY)
    scheduler = make_scheduler(optimizer, MAX_LR, TOTAL_STEPS, warmup_ratio=0.1)
    return lambda batch: train_step(model, batch, optimizer, scheduler, precision)


def as_it_is() -> Step:
    """Train as notebook 03 does."""
    return make_step(start_model())


def give_memory_back() -> Step:
    """Train with glibc's own settings: freed memory goes back to the system."""
    cpu_kernels.keep_freed_memory = lambda: False
    return as_it_is()


def keep_gradients() -> Step:
    """Fill the old gradients with zeros instead of asking for new ones."""
    model = start_model()
    optimizer = make_optimizer(model, MAX_LR, WEIGHT_DECAY)
    optimizer.zero_grad = lambda: torch.optim.Optimizer.zero_grad(optimizer, set_to_none=False)
    scheduler = make_scheduler(optimizer, MAX_LR, TOTAL_STEPS, warmup_ratio=0.1)
    return lambda batch: train_step(model, batch, optimizer, scheduler)


def freeze_words() -> Step:
    """Do not train the word embeddings, which is the most that any trick with them can save."""
    model = start_model()
    model.get_input_embeddings().weight.requires_grad_(False)
    return make_step(model)


def train_occurring_words() -> Step:
    """Move only the word embeddings of the batch; the others do not even fade."""
    return OccurringWordsTraining(start_model(), MAX_LR, WEIGHT_DECAY, TOTAL_STEPS, False).step


def make_up_for_words() -> Step:
    """Move only the word embeddings of the batch, by all that they have missed."""
    return OccurringWordsTraining(start_model(), MAX_LR, WEIGHT_DECAY, TOTAL_STEPS, True).step


def compile_encoder() -> Step:
    """Compile the transformer layers for any shape of a batch."""
    model = start_model()
    model.base_model.encoder.compile(dynamic=True)
    return make_step(model)


def use_torch_attention() -> Step:
    """Attend with torch's own fused function."""
    model = start_model()
    model.set_attn_implementation("sdpa")
    return make_step(model)


def drop_nothing() -> Step:
    """Train without any dropout, which is the most that a faster one can save."""
    return make_step(start_model(dropout=0.0))


def use_bfloat16() -> Step:
    """Multiply in bfloat16."""
    return make_step(start_model(), torch.bfloat16)


def evaluate() -> Step:
    """Score batches instead of training on them."""
    model = start_model()
    return lambda batch: eval_step(model, batch)


@dataclass(frozen=True)
class Way:
    """One way to do a step, in a process of its own."""

    prepare: Callable[[], Step]
    rows_factor: int = 1  # its batches hold as many times the tweets


WAYS = {
    "as_it_is": Way(as_it_is),
    "memory_back": Way(give_memory_back),
    "zeros": Way(keep_gradients),
    "frozen": Way(freeze_words),
    "lazy": Way(train_occurring_words),
    "made_up": Way(make_up_for_words),
    "compile": Way(compile_encoder),
    "sdpa": Way(use_torch_attention),
    "no_dropout": Way(drop_nothing),
    "bfloat16": Way(use_bfloat16),
    "batch": Way(as_it_is, rows_factor=2),
    "evaluation": Way(evaluate),
    "evaluation_large": Way(evaluate, rows_factor=4),
}


@dataclass(frozen=True)
class Candidate:
    """One change: a way to do a step, and another one that lacks it."""

    title: str
    way: str
    without: str = "as_it_is"
    saves: tuple[str, ...] = ()  # kinds of work that would be gone if it were perfect
    same_training: bool = True  # up to rounding and the draws of dropout
    is_ours: bool = False  # part of the package


CANDIDATES = {
    "memory": Candidate(
        "keep freed memory",
        "as_it_is",
        without="memory_back",
        saves=("filling new gradients with zeros",),
        is_ours=True,
    ),
    "zeros": Candidate(
        "keep gradients, filled with zeros",
        "zeros",
    ),
    "frozen": Candidate(
        "word embeddings not trained (a bound)",
        "frozen",
        saves=UPDATE,
        same_training=False,
    ),
    "lazy": Candidate(
        "AdamW for words that occur",
        "lazy",
        saves=UPDATE,
        same_training=False,
    ),
    "made_up": Candidate(
        "AdamW for words that occur, missed moves made later",
        "made_up",
        saves=UPDATE,
    ),
    "compile": Candidate(
        "torch.compile, for any shape",
        "compile",
        saves=ELEMENTWISE,
    ),
    "sdpa": Candidate(
        "torch's fused attention",
        "sdpa",
    ),
    "no_dropout": Candidate(
        "no dropout (a bound)",
        "no_dropout",
        saves=("dropout's random numbers and masks",),
        same_training=False,
    ),
    "bfloat16": Candidate(
        "products in bfloat16",
        "bfloat16",
    ),
    "batch": Candidate(
        "twice the tweets in a batch",
        "batch",
        saves=UPDATE,
        same_training=False,
    ),
    "evaluation": Candidate(
        "scoring four times the tweets at once",
        "evaluation_large",
        without="evaluation",
    ),
}


@dataclass
class Worker:
    """A process that does steps when asked to."""

    process: multiprocessing.Process
    connection: Connection
    rows_factor: int

    def ask(self, name: str, value: Any = None) -> Any:
        """Ask for something and wait for the answer."""
        self.connection.send((name, value))
        return self.connection.recv()

    def end(self) -> None:
        """Let the process end."""
        self.connection.send(None)
        self.process.join()


def start_worker(way: Way, batches: list[dict]) -> Worker:
    """Start a process with one way to do a step, in the environment of every notebook's kernel."""
    os.environ.update(process_settings())
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(way.prepare, batches, theirs), daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours, way.rows_factor)


def work(prepare: Callable[[], Step], batches: list[dict], connection: Connection) -> None:
    """Answer what is asked for until there is nothing more: the worker's side."""
    batches = [{name: torch.tensor(rows) for name, rows in batch.items()} for batch in batches]
    step = prepare()
    while (order := connection.recv()) is not None:
        name, value = order
        if name == "step":
            answer = time_step(step, batches[value])
        elif name == "profile":
            answer = shares_of_time(partial(do_steps, step, batches))
        elif name == "matrix rates":
            answer = matrix_rates(torch.device("cpu"), 2048, 0.5)
        elif name == "peak":
            answer = peak_memory(torch.device("cpu"))
        connection.send(answer)


def do_steps(step: Step, batches: list[dict[str, torch.Tensor]]) -> None:
    """Do a step on each batch."""
    for batch in batches:
        step(batch)


def time_step(step: Step, batch: dict[str, torch.Tensor]) -> dict[str, float]:
    """Return the seconds of a step by the clock, of the CPU in all, and of the system in that."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    seconds = seconds_of(lambda: step(batch))
    after = resource.getrusage(resource.RUSAGE_SELF)
    system = after.ru_stime - before.ru_stime
    return {
        "clock": seconds,
        "cpu": after.ru_utime - before.ru_utime + system,
        "system": system,
    }


def start_workers(names: list[str], batch_size: int, count: int) -> dict[str, Worker]:
    """Start the ways of some candidates, and the training as it is, on the same tweets.

    The most tweets in a batch are a multiple of all others.
    """
    ways = ["as_it_is"]
    for name in names:
        ways += [CANDIDATES[name].without, CANDIDATES[name].way]
    ways = list(dict.fromkeys(ways))
    most = max(WAYS[way].rows_factor for way in ways)
    largest = make_batches(batch_size * most, count)
    return {
        way: start_worker(WAYS[way], split_batches(largest, batch_size * WAYS[way].rows_factor))
        for way in ways
    }


def take_turns(workers: dict[str, Worker], count: int, rounds: int) -> pd.DataFrame:
    """Let all workers do each of `count` largest batches in turn, some rounds; return the times.

    A row is what a worker took for a round: `way`, `round`, and seconds by `clock`, of the `cpu`
    and of the `system`. The order is reversed in every other round.
    """
    most = max(worker.rows_factor for worker in workers.values())
    rows = []
    for turn in range(rounds):
        for number in range(count):
            for way in list(workers) if turn % 2 == 0 else reversed(workers):
                parts = most // workers[way].rows_factor
                for place in range(number * parts, (number + 1) * parts):
                    seconds = workers[way].ask("step", place)
                    rows.append({"way": way, "round": turn, **seconds})
    return pd.DataFrame(rows).groupby(["way", "round"], as_index=False).sum()


def compare(times: pd.DataFrame, way: str, without: str) -> dict[str, float]:
    """Return by how many times a way is faster than another: the median over rounds, and more."""
    table = times.set_index(["way", "round"])
    new, old = table.loc[way], table.loc[without]
    clock = old["clock"] / new["clock"]
    return {
        "ratio": clock.median(),
        "ratio_least": clock.min(),
        "ratio_most": clock.max(),
        "ratio_cpu": (old["cpu"] / new["cpu"]).median(),
        "system_share_without": old["system"].sum() / old["cpu"].sum(),
        "system_share_with": new["system"].sum() / new["cpu"].sum(),
        "rounds": len(clock),
        "round_seconds_without": old["clock"].median(),
    }


def measure(names: list[str], batch_size: int, count: int, rounds: int) -> dict[str, Any]:
    """Measure some candidates next to each other; return a row for each, and what bounds all."""
    workers = start_workers(names, batch_size, count)
    first = take_turns(workers, 1, 1)  # which also compiles, and makes averages
    times = take_turns(workers, count, rounds)
    shares = {"as_it_is": workers["as_it_is"].ask("profile")}
    for name in names:
        without = CANDIDATES[name].without
        if CANDIDATES[name].saves and without not in shares:
            shares[without] = workers[without].ask("profile")
    rows = {}
    for name in names:
        candidate = CANDIDATES[name]
        row = {
            "title": candidate.title,
            "same_training": candidate.same_training,
            "is_ours": candidate.is_ours,
            "batch_size": batch_size,
            **compare(times, candidate.way, candidate.without),
            "first_batch_seconds": first.set_index("way")["clock"][candidate.way],
            "peak_mib_without": workers[candidate.without].ask("peak"),
            "peak_mib": workers[candidate.way].ask("peak"),
        }
        if candidate.saves:
            saved = sum(shares[candidate.without][kind] for kind in candidate.saves)
            row["at_best"] = 1 / (1 - saved)
        rows[name] = row
    train_set = synthetic_set()
    sampler = LengthBucketSampler(train_set.lengths, batch_size, seed=0)
    training = {
        "batch_size": batch_size,
        "shares_of_time": shares["as_it_is"],
        "matrix_flops": workers["as_it_is"].ask("matrix rates"),
        "positions_per_token": positions_per_token(train_set.lengths, sampler),
    }
    for worker in workers.values():
        worker.end()
    return {"candidates": rows, "training": training}


def make_batches(batch_size: int, count: int) -> list[dict[str, list]]:
    """Return batches of similar length as the training makes them, as plain lists."""
    train_set = synthetic_set()
    sampler = LengthBucketSampler(train_set.lengths, batch_size, seed=0)
    batches = []
    for rows in islice(sampler, count):
        batch = collate([train_set[row] for row in rows], pad_id=0)
        batches.append({name: tensor.tolist() for name, tensor in batch.items()})
    return batches


def split_batches(batches: list[dict[str, list]], rows: int) -> list[dict[str, list]]:
    """Cut batches into smaller ones of some rows each."""
    return [
        {name: values[start : start + rows] for name, values in batch.items()}
        for batch in batches
        for start in range(0, len(batch["labels"]), rows)
    ]


@cache
def synthetic_set() -> TweetDataset:
    """Return synthetic tweets, only their words, as tokens."""
    tokenizer = load_tokenizer(packaged_encoder(), "words", MAX_LENGTH)
    return TweetDataset(add_tokens(synthetic_tweets(TWEETS, "train", seed=0), tokenizer))


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument(
        "candidates",
        nargs="*",
        metavar="CANDIDATE",
        help=f"some of {', '.join(CANDIDATES)}; default: all",
    )
    parser.add_argument("--batch-size", type=int, default=32, help="tweets (default 32)")
    parser.add_argument("--batches", type=int, default=4, help="different ones (default 4)")
    parser.add_argument("--rounds", type=int, default=7, help="over all batches (default 7)")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.candidates) - set(CANDIDATES))
    if unknown:
        parser.error(f"no candidate is called {unknown[0]}: see --help")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Measure what the command line asks for, and keep what was measured before."""
    options = parse_options(arguments)
    names = options.candidates or list(CANDIDATES)
    for start in range(0, len(names), AT_ONCE):
        group = names[start : start + AT_ONCE]
        save_rows(measure(group, options.batch_size, options.batches, options.rounds))


def save_rows(found: dict[str, Any]) -> None:
    """Print what some candidates brought, and write it, with what was measured before."""
    for name, row in found["candidates"].items():
        least, most = row["ratio_least"], row["ratio_most"]
        print(f"{name}: {row['ratio']:.3f} times as fast ({least:.3f} to {most:.3f})")
    file = outputs_root() / "bench" / "cpu_candidates.json"
    earlier = load_json(file)["candidates"] if file.exists() else {}
    rows = earlier | found["candidates"]
    result = {
        "what": "times as many tweets a second with the candidate as without it: median of rounds",
        "tweets": "synthetic, as long as real ones; cleaning words",
        "training": found["training"],
        "candidates": {name: rows[name] for name in CANDIDATES if name in rows},
    }
    save_figures("cpu_candidates", result)


if __name__ == "__main__":
    main()
