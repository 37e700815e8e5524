"""How much memory this process holds, on the GPU or on the CPU, and what to do when there is too little."""

from collections.abc import Callable
from typing import Any

import psutil
import torch

from tweetsent_utils.errors import TweetsentError

MIB = 2**20


def check_memory(device: torch.device) -> dict[str, float]:
    """Return memory in MiB: `allocated`, `reserved` and `peak` of a GPU, or `resident` of this process on a CPU."""
    if device.type == "cuda":
        kinds = {"allocated": torch.cuda.memory_allocated, "reserved": torch.cuda.memory_reserved}
        kinds["peak"] = torch.cuda.max_memory_allocated
        return {name: read(device) / MIB for name, read in kinds.items()}
    return {"resident": psutil.Process().memory_info().rss / MIB}


def within_memory(device: torch.device, batch_size: int, rows: int, attempt: Callable[[int], Any]) -> Any:
    """Return `attempt(rows)`, a pass over a batch of `batch_size` tweets in parts of `rows`.

    When memory runs out, smaller parts are tried, and one sentence tells the figures and the parts that fit.
    """
    fits, failed = rows, ""
    while fits:
        try:
            result = attempt(fits)
            break
        except RuntimeError as error:  # torch.OutOfMemoryError is one; a CPU's allocator raises no class of its own
            if not isinstance(error, torch.OutOfMemoryError) and "allocate memory" not in str(error):
                raise
            figures = ", ".join(f"{name} {value:,.0f} MiB" for name, value in check_memory(device).items())
            failed = failed or f"{device} is out of memory with {rows} tweets at once ({figures})"
        fits //= 2  # outside of that block, which holds the tensors of what failed
    if not failed:
        return result
    remedy = "a new run with a lower max_length or a smaller encoder needs less"
    if fits:
        parts = f"{-(-batch_size // fits)} parts a batch, for the same update but for dropout's draws"
        remedy = f"set micro_batch_size to {fits}, which was tried and fits ({parts})"
    raise TweetsentError(f"{failed}: {remedy}")
