"""What to compute on, and in which precision."""

import timeit
from contextlib import AbstractContextManager

import torch

from tweetsent_utils.errors import TweetsentError

PRECISIONS = {"bf16": torch.bfloat16, "fp32": torch.float32}
CLEARLY_FASTER = 1.33  # times as fast as float32, for bfloat16 to be worth its rounding


def pick_device(device: str) -> torch.device:
    """Return the device named, or for `auto` cuda:0 if there is one and the CPU otherwise.

    Raises `TweetsentError` for a device that torch cannot use here.
    """
    if device == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    if device.startswith("cuda") and not torch.cuda.is_available():
        what = f"device is {device!r}, but torch sees no GPU here"
        raise TweetsentError(f"{what}: set device to 'auto' or 'cpu'")
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError):
        what = f"device is {device!r}, which torch cannot use"
        raise TweetsentError(f"{what}: try 'auto', 'cuda:0' or 'cpu'") from None


def pick_precision(precision: str, device: torch.device) -> torch.dtype:
    """Return torch.bfloat16 or torch.float32 for `bf16`, `fp32` or `auto`.

    `auto` takes bfloat16 where the hardware is faster in it. Some CPUs know it and are slower in
    it, so on a CPU a small product is timed in both. Raises `TweetsentError` for another name.
    """
    if precision in PRECISIONS:
        return PRECISIONS[precision]
    if precision != "auto":
        raise TweetsentError(f"precision is {precision!r}: use 'auto', 'bf16' or 'fp32'")
    if device.type == "cuda":
        is_native = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if is_native else torch.float32
    if device.type != "cpu":
        return torch.float32
    bf16_seconds, fp32_seconds = time_products(torch.bfloat16, torch.float32)
    is_faster = CLEARLY_FASTER * bf16_seconds < fp32_seconds
    return torch.bfloat16 if is_faster else torch.float32


def time_products(*dtypes: torch.dtype, size: int = 512, turns: int = 50) -> list[float]:
    """Return the shortest time in seconds that a product of two square matrices took in each dtype.

    The dtypes take turns, so that other processes on the machine slow all of them alike.
    """
    matrices = [torch.ones(size, size, dtype=dtype) for dtype in dtypes]
    shortest = [float("inf")] * len(matrices)
    for _ in range(turns):
        for place, matrix in enumerate(matrices):
            seconds = timeit.timeit(lambda matrix=matrix: matrix @ matrix, number=1)
            shortest[place] = min(shortest[place], seconds)
    return shortest


def autocast(device: torch.device, precision: torch.dtype) -> AbstractContextManager:
    """Return a context in which matrix products run in `precision`; weights stay float32."""
    return torch.autocast(device.type, dtype=precision, enabled=precision != torch.float32)
