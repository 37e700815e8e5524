"""How much memory this process holds, on the GPU or on the CPU, and what to do when there is too little."""

from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def memory_told(device: torch.device, rows: int) -> Iterator[None]:
    """Tell that memory ran out over `rows` tweets at once as a sentence with the figures and what needs less."""
    try:
        yield
    except RuntimeError as error:  # torch.OutOfMemoryError is one; a CPU's allocator raises no class of its own
        if not isinstance(error, torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        figures = ", ".join(f"{name} {value:,.0f} MiB" for name, value in check_memory(device).items())
        what = f"{device} is out of memory with {rows} tweets at once ({figures})"
        less = f"set micro_batch_size to {rows // 2}, which changes nothing but dropout's draws" if rows > 1 else ""
        remedy = less or "a new run with a lower max_length or a smaller encoder needs less"
        raise TweetsentError(f"{what}: {remedy}") from None
