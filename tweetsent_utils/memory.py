"""How much memory this process holds, on the GPU or on the CPU."""

import psutil
import torch


def check_memory(device: torch.device) -> dict[str, float]:
    """Return memory in MiB: `allocated`, `reserved` and `peak` of a GPU, or `resident` of this process on a CPU."""
    mib = 2**20
    if device.type == "cuda":
        return {
            "allocated": torch.cuda.memory_allocated(device) / mib,
            "reserved": torch.cuda.memory_reserved(device) / mib,
            "peak": torch.cuda.max_memory_allocated(device) / mib,
        }
    return {"resident": psutil.Process().memory_info().rss / mib}
