"""Where a CPU's time goes, by kind of work, and how long a piece of work takes."""

import os
import time
from collections.abc import Callable
from typing import Any

import torch

# torch's profiler reads it once, at its first use; without it, it writes into a notebook.
os.environ.setdefault("KINETO_LOG_LEVEL", "99")

# torch's operators on a CPU, and what a reader calls their work.
KINDS_OF_WORK = {
    "matrix products": ("mm", "addmm", "bmm", "linear"),
    "dropout's random numbers and masks": ("bernoulli_", "random_", "ge", "where"),
    "filling new gradients with zeros": ("fill_", "zero_"),
    "copies and casts": ("copy_", "cat"),
    "softmax and GELU": (
        "_softmax",
        "_softmax_backward_data",
        "gelu",
        "gelu_backward",
        "_log_softmax",
    ),
    "layer norms": ("native_layer_norm", "native_layer_norm_backward"),
    "sums and products by element": ("add", "add_", "mul", "mul_", "div", "div_", "sum"),
    "optimizer and clipping": (
        "_fused_adamw_",
        "linalg_vector_norm",
        "_foreach_norm",
        "_foreach_mul_",
    ),
}
REST = "the rest"


def times_by_kind(work: Callable[[], Any]) -> dict[str, float]:
    """Return the seconds of a CPU that each kind of work takes while `work` is called.

    Where cores share an operator, its time counts once. What no kind names is `the rest`.
    """
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profiler:
        work()
    microseconds = {
        event.key.removeprefix("aten::"): event.self_cpu_time_total
        for event in profiler.key_averages()
    }
    times = {
        kind: sum(microseconds.get(operator, 0) for operator in operators) / 1e6
        for kind, operators in KINDS_OF_WORK.items()
    }
    return times | {REST: sum(microseconds.values()) / 1e6 - sum(times.values())}


def shares_of_time(work: Callable[[], Any]) -> dict[str, float]:
    """Return the share of a CPU's time that each kind of work takes while `work` is called."""
    times = times_by_kind(work)
    whole = sum(times.values())
    return {kind: seconds / whole for kind, seconds in times.items()}


def least_seconds(work: Callable[[], Any], repeats: int = 5) -> float:
    """Return the least seconds that `work` takes, of some repeats after a first one that is free.

    What a machine does at the same time only ever makes it slower.
    """
    work()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)
