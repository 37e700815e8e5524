"""Where a CPU's time goes, by kind of work."""

from collections.abc import Callable
from typing import Any

import torch

# torch's operators on a CPU, and what a reader calls their work.
KINDS_OF_WORK = {
    "matrix products": ("mm", "addmm", "bmm", "linear"),
    "dropout's random numbers and masks": ("random_", "ge", "where"),
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
    "sums and products by element": ("add", "add_", "mul", "mul_", "div", "sum"),
    "optimizer and clipping": (
        "_fused_adamw_",
        "linalg_vector_norm",
        "_foreach_norm",
        "_foreach_mul_",
    ),
}


def shares_of_time(work: Callable[[], Any]) -> dict[str, float]:
    """Return the share of a CPU's time that each kind of work takes while `work` is called."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profiler:
        work()
    times = {
        event.key.removeprefix("aten::"): event.self_cpu_time_total
        for event in profiler.key_averages()
    }
    whole = sum(times.values())
    shares = {
        kind: sum(times.get(operator, 0) for operator in operators) / whole
        for kind, operators in KINDS_OF_WORK.items()
    }
    return shares | {"the rest": 1 - sum(shares.values())}
