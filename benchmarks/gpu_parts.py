"""What `gpu.py` measures besides trainings, each in its own process: scoring, memory, a profile.

    python benchmarks/gpu_parts.py PART ORDER REPORT

ORDER is a JSON file with the fields of an `Order`. The figures are written to REPORT after each
measurement, so that a process that is ended leaves what it has.
"""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from common import median_seconds, seconds_of
from gpu_peers import RecordedSteps, batch_length, place_tweets
from hardware import peak_memory, reset_peak_memory
from measure import add_tokens
from peers import MAX_LENGTH, WARMUP_RATIO, WEIGHT_DECAY
from recorder import synchronise
from torch import nn
from torch.profiler import ProfilerActivity, profile
from tweets import LABEL_ORDER, load_tweets

from tweetsent_utils.data.batching import LengthBucketSampler, collate
from tweetsent_utils.data.dataset import TweetDataset
from tweetsent_utils.data.tokenizing import load_tokenizer, tokenize
from tweetsent_utils.evaluation.inference import inference, predict_logits
from tweetsent_utils.files import load_json, save_json
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.model.cpu_kernels import use_cpu_kernels
from tweetsent_utils.scoring.classifier import TweetClassifier
from tweetsent_utils.training.device import PRECISIONS, pick_device, pick_precision
from tweetsent_utils.training.memory import MIB, measure_memory, predict_memory
from tweetsent_utils.training.optimization import make_optimizer, make_scheduler
from tweetsent_utils.training.profiling import KINDS_OF_WORK, REST
from tweetsent_utils.training.step import train_step

MAX_LR = 1e-5  # what is learned here is of no interest
# A GPU has other operators than a CPU for some of the same work.
GPU_OPERATORS = {
    "attention": (
        "_efficient_attention_forward",
        "_efficient_attention_backward",
        "_flash_attention_forward",
        "_flash_attention_backward",
        "_cudnn_attention_forward",
        "_cudnn_attention_backward",
        "_scaled_dot_product_cudnn_attention",
        "_scaled_dot_product_cudnn_attention_backward",
    ),
    "dropout's random numbers and masks": ("native_dropout", "native_dropout_backward"),
    "optimizer and clipping": ("_foreach_add_",),
}
MOST_KERNELS = 12  # that a profile names
WAITS = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize")


@dataclass(frozen=True)
class Order:
    """What a process measures, and with what."""

    device: str
    encoder: str  # a folder
    tweets: str  # a folder with train.parquet and validation.parquet
    batch_sizes: Sequence[int] = (64, 512)  # of scoring
    shapes: Sequence[Sequence[int]] = ((16, 64), (128, 64), (128, 128), (512, 128))  # of memory
    batch_size: int = 128  # of the profiled steps
    steps: int = 20  # that are profiled
    repeats: int = 3


class Bench:
    """An encoder on a device, with tweets to score or to train on."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.device = pick_device(order.device)
        self.precision = pick_precision("auto", self.device)
        self.tokenizer = load_tokenizer(order.encoder, "raw", MAX_LENGTH)
        self.train, self.validation = load_tweets(Path(order.tweets))

    def load(self) -> tuple[nn.Module, torch.optim.Optimizer]:
        """Return a fresh model on the device, and its optimizer."""
        torch.manual_seed(0)
        model = load_classifier(Path(self.order.encoder), LABEL_ORDER).to(self.device)
        use_cpu_kernels(model)
        return model, make_optimizer(model, MAX_LR, WEIGHT_DECAY)


def measure_scoring(bench: Bench, report: Callable[[dict[str, Any]], None]) -> None:
    """Report the tweets per second of scoring, by precision and batch, and one tweet's wait."""
    model, _ = bench.load()
    texts = bench.validation["text"].tolist()
    started = time.perf_counter()
    input_ids = tokenize(texts, bench.tokenizer)
    figures: dict[str, Any] = {
        "tweets": len(texts),
        "tokens_per_second": sum(map(len, input_ids)) / (time.perf_counter() - started),
        "rates": [],
    }
    for name, precision in PRECISIONS.items():
        for batch_size in bench.order.batch_sizes:

            def score(precision: torch.dtype = precision, batch_size: int = batch_size) -> None:
                predict_logits(input_ids, model, batch_size, precision)

            score()  # sets up what the others use
            seconds = median_seconds(score, bench.order.repeats)
            rate = {
                "precision": name,
                "batch_size": batch_size,
                "tweets_per_second": len(texts) / seconds,
            }
            figures["rates"].append(rate)
            report(figures)

    classifier = TweetClassifier(model, bench.tokenizer, precision=bench.precision)
    classifier.read(texts)
    seconds = median_seconds(partial(classifier.read, texts), bench.order.repeats)
    figures["texts_per_second"] = len(texts) / seconds  # tokenising included
    report(figures)

    def answer() -> None:
        inference(texts[:1], model, bench.tokenizer, precision=bench.precision)

    answer()
    figures["seconds_for_one_tweet"] = median_seconds(answer, 10 * bench.order.repeats)
    report(figures)


def measure_memory_use(bench: Bench, report: Callable[[dict[str, Any]], None]) -> None:
    """Report the memory of training on batches of some shapes: predicted, counted, and the peak.

    The prediction is that of the formula, the count that of the sizes of all tensors kept, and the
    peak is what torch's allocator says of a whole step (on a CPU: the most the process had so far).
    """
    rows = []
    for size, length in bench.order.shapes:
        model, optimizer = bench.load()
        batch = random_batch(size, length, model.config.vocab_size)
        scheduler = make_scheduler(optimizer, MAX_LR, 10, WARMUP_RATIO)
        row = {"rows": size, "length": length, "precision": name_of(bench.precision)}
        predicted = predict_memory(model, size, length, bench.precision)
        row["predicted_mib"] = sum(predicted.values()) / MIB
        row["predicted_activations_mib"] = predicted["activations"] / MIB
        try:
            train_step(model, batch, optimizer, scheduler, bench.precision)
            counted = measure_memory(model, optimizer, batch, bench.precision)
            row["counted_mib"] = sum(counted.values()) / MIB
            row["counted_activations_mib"] = counted["activations"] / MIB
            reset_peak_memory(bench.device)
            train_step(model, batch, optimizer, scheduler, bench.precision)
            synchronise(bench.device)
            row["peak_mib"] = peak_memory(bench.device)
        except torch.OutOfMemoryError:
            row["out_of_memory"] = True
        rows.append(row)
        report({"shapes": rows})
        del model, optimizer, scheduler
        reset_peak_memory(bench.device)


def name_of(precision: torch.dtype) -> str:
    """Return the name of a precision, as notebook 03 has it."""
    return next(name for name, dtype in PRECISIONS.items() if dtype == precision)


def random_batch(rows: int, length: int, words: int) -> dict[str, torch.Tensor]:
    """Return a batch of random token ids without padding."""
    generator = torch.Generator().manual_seed(0)
    shape = (rows, length)
    return {
        "input_ids": torch.randint(words, shape, generator=generator),
        "attention_mask": torch.ones(shape, dtype=torch.int64),
        "labels": torch.randint(len(LABEL_ORDER), (rows,), generator=generator),
    }


def measure_profile(bench: Bench, report: Callable[[dict[str, Any]], None]) -> None:
    """Report where the time of a step goes, in the notebook's loop and in recorded steps."""
    table = add_tokens(bench.train, bench.tokenizer)
    train_set = TweetDataset(table)
    sampler = LengthBucketSampler(train_set.lengths, bench.order.batch_size, seed=0)
    rows_of = [rows for rows in sampler if len(rows) == bench.order.batch_size]
    rows_of = rows_of[: bench.order.steps]
    figures: dict[str, Any] = {"batch_size": bench.order.batch_size, "steps": len(rows_of)}
    for name, prepare in {"loop": prepare_loop, "recorded": prepare_recorded}.items():
        work = prepare(bench, train_set, rows_of)
        figures[name] = profile_work(work, bench, len(rows_of))
        report(figures)


def prepare_loop(
    bench: Bench,
    train_set: TweetDataset,
    rows_of: Sequence[Sequence[int]],
) -> Callable[[], None]:
    """Return a function that trains on some batches as notebook 03 does."""
    model, optimizer = bench.load()
    scheduler = make_scheduler(optimizer, MAX_LR, 1000 * len(rows_of), WARMUP_RATIO)
    batches = []
    for rows in rows_of:
        batch = collate([train_set[row] for row in rows], bench.tokenizer.pad_token_id)
        if bench.device.type == "cuda":
            batch = {name: tensor.pin_memory() for name, tensor in batch.items()}
        batches.append(batch)

    def work() -> None:
        for batch in batches:
            train_step(model, batch, optimizer, scheduler, bench.precision)

    return work


def prepare_recorded(
    bench: Bench,
    train_set: TweetDataset,
    rows_of: Sequence[Sequence[int]],
) -> Callable[[], None]:
    """Return a function that trains on some batches by recorded steps."""
    model, optimizer = bench.load()
    tweets = place_tweets(train_set, bench.tokenizer.pad_token_id, bench.device)
    steps = RecordedSteps(model, optimizer, tweets, len(rows_of[0]), bench.precision)
    lengths = [batch_length(train_set.lengths, rows) for rows in rows_of]
    steps.record(set(lengths))
    batches = [torch.tensor(rows, device=bench.device) for rows in rows_of]

    def work() -> None:
        for rows, length in zip(batches, lengths, strict=True):
            steps.replay(rows, length, MAX_LR)

    return work


def profile_work(work: Callable[[], None], bench: Bench, steps: int) -> dict[str, Any]:
    """Return milliseconds a step with and without a profiler, and what it saw."""

    def whole() -> None:
        work()
        synchronise(bench.device)

    whole()  # sets up what the others use
    seconds = statistics.median(seconds_of(whole) for _ in range(bench.order.repeats))
    found: dict[str, Any] = {"milliseconds_a_step": 1000 * seconds / steps}
    activities = [ProfilerActivity.CPU]
    if bench.device.type == "cuda":
        activities.append(ProfilerActivity.CUDA)
    with profile(activities=activities) as profiler:
        whole()
    events = list(profiler.key_averages())
    on_device = bench.device.type == "cuda"
    operators = [event for event in events if event.device_type.name == "CPU"]
    if on_device:
        kernels = [event for event in events if is_kernel(event)]
        busy = sum(event.self_device_time_total for event in kernels) / 1e6
        found["kernels_a_step"] = sum(event.count for event in kernels) / steps
        found["gpu_milliseconds_a_step"] = 1000 * busy / steps
        found["gpu_busy"] = min(busy / seconds, 1.0)
        waits = sum(event.count for event in operators if event.key in WAITS)
        found["waits_a_step"] = max(waits - 1, 0) / steps  # the last is ours
        kernels.sort(key=lambda event: event.self_device_time_total, reverse=True)
        found["slowest_kernels"] = [
            {
                "name": event.key[:120],
                "share": event.self_device_time_total / 1e6 / busy if busy else 0.0,
                "a_step": event.count / steps,
            }
            for event in kernels[:MOST_KERNELS]
        ]
    found["shares_of_time"] = shares_by_kind(operators, on_device)
    return found


def is_kernel(event: Any) -> bool:
    """Tell whether a profiler's event ran on a GPU, and is no name that spans several that did."""
    return event.device_type.name == "CUDA" and not event.is_user_annotation


def shares_by_kind(operators: Sequence[Any], on_device: bool) -> dict[str, float]:
    """Return the share of time by kind of work: of the GPU's own time, or of the CPU's.

    The kernels of a recorded step belong to no operator, so of them it says nothing.
    """
    times: dict[str, float] = {}
    for event in operators:
        spent = event.self_device_time_total if on_device else event.self_cpu_time_total
        kind = kind_of(event.key.removeprefix("aten::"))
        times[kind] = times.get(kind, 0.0) + spent
    whole = sum(times.values())
    if not whole:
        return {}
    return {kind: spent / whole for kind, spent in sorted(times.items(), key=lambda x: -x[1])}


def kind_of(operator: str) -> str:
    """Return the kind of work that an operator of torch does."""
    for kinds in (GPU_OPERATORS, KINDS_OF_WORK):
        for kind, operators in kinds.items():
            if operator in operators:
                return kind
    return REST


PARTS = {
    "scoring": measure_scoring,
    "memory": measure_memory_use,
    "profile": measure_profile,
}


def main(part: str, order: Path, report: Path) -> None:
    """Measure a part, and write its figures to a file as they come."""
    bench = Bench(Order(**load_json(order)))
    PARTS[part](bench, lambda figures: save_json(report, figures))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
