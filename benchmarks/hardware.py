"""What a device gives: the rate of its matrix products, and the memory that a process held."""

import sys
import time
from pathlib import Path

import psutil
import torch
from recorder import synchronise

MIB = 2**20
KIB_IN_MIB = 2**10
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}
LONGEST_PRODUCT = 10.0  # seconds


def matrix_rates(device: torch.device, size: int, seconds: float) -> dict[str, float]:
    """Return the FLOP/s of products of two square matrices of `size`, in `fp32` and `bf16`.

    A GPU multiplies matrices of four times that size. Where a single product would take too long,
    the rate is that of matrices of an eighth of the size.
    """
    if device.type == "cuda":
        size *= 4
    rates = {}
    for name, dtype in PRECISIONS.items():
        rates[name] = matrix_rate(device, dtype, size // 8, seconds)  # also warms up
        if 2 * size**3 / rates[name] <= LONGEST_PRODUCT:
            rates[name] = matrix_rate(device, dtype, size, seconds)
    return rates


def matrix_rate(device: torch.device, dtype: torch.dtype, size: int, seconds: float) -> float:
    """Return the FLOP/s of products of two square matrices, measured for a number of seconds."""
    at_once = 10 if device.type == "cuda" else 1  # a GPU is asked for several, then waited for
    matrix = torch.rand(size, size, device=device).to(dtype)
    matrix @ matrix
    synchronise(device)
    started = time.perf_counter()
    elapsed = 0.0
    products = 0
    while products == 0 or elapsed < seconds:
        for _ in range(at_once):
            matrix @ matrix
        synchronise(device)
        products += at_once
        elapsed = time.perf_counter() - started
    return 2 * size**3 * products / elapsed


def peak_memory(device: torch.device) -> float:
    """Return the most memory in MiB that this process has held on a device so far."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / MIB
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / MIB
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, getrusage also counts the process that started this one
        resident = status.read_text(encoding="utf-8").split("VmHWM:")[1]
        return int(resident.split()[0]) / KIB_IN_MIB
    import resource  # not there on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (MIB if sys.platform == "darwin" else KIB_IN_MIB)


def reset_peak_memory(device: torch.device) -> None:
    """Forget what was held on a GPU so far; a CPU's process cannot."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
