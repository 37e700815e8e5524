"""How much memory this process holds, on the GPU or on the CPU."""

import psutil
import torch


def check_memory(device: torch.device) -> dict[str, float]:
    """Return memory in MiB: `allocated`, `reserved` and `peak` of a GPU, or `resident` of this process on a CPU."""
    if device.type == "cuda":
        kinds = {"allocated": torch.cuda.memory_allocated, "reserved": torch.cuda.memory_reserved}
        kinds["peak"] = torch.cuda.max_memory_allocated
        return {name: read(device) / 2**20 for name, read in kinds.items()}
    return {"resident": psutil.Process().memory_info().rss / 2**20}
