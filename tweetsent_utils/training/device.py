"""What to compute on, and in which precision."""

from contextlib import AbstractContextManager
from pathlib import Path

import torch

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_record, save_json

PRECISIONS = {"bf16": torch.bfloat16, "fp32": torch.float32}


def pick_device(device: str) -> torch.device:
    """Return the device named; for `auto` cuda:0, or else Apple's mps, or else the CPU.

    Raises `TweetsentError` for a device that torch cannot use here.
    """
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda:0")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
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

    `auto` takes bfloat16 where the device has units that multiply it faster, and decides by what
    the device is, never by the clock: a busy machine decides like an idle one. Raises
    `TweetsentError` for another name.
    """
    if precision in PRECISIONS:
        return PRECISIONS[precision]
    if precision != "auto":
        raise TweetsentError(f"precision is {precision!r}: use 'auto', 'bf16' or 'fp32'")
    if device.type == "cuda":
        is_faster = torch.cuda.is_bf16_supported(including_emulation=False)
    elif device.type == "cpu":
        is_faster = multiplies_bfloat16_faster(cpu_capabilities())
    else:  # Apple's mps and others, where nobody has measured it for us
        is_faster = False
    return torch.bfloat16 if is_faster else torch.float32


def cpu_capabilities() -> dict:
    """Return what torch knows of this processor; nothing with a torch that cannot tell."""
    find = getattr(torch.cpu, "get_capabilities", dict)
    return find()


def multiplies_bfloat16_faster(capabilities: dict) -> bool:
    """Tell from a processor's capabilities whether its bfloat16 is faster than its float32.

    AMX multiplies tiles of it. AVX-512's instructions for it are twice as fast as float32's on an
    AMD EPYC, and slower on an Intel Xeon on which AMX is switched off: both were measured.
    """
    if capabilities.get("amx_bf16"):
        return True
    return bool(capabilities.get("avx512_bf16")) and "AMD" in str(capabilities.get("cpu_name"))


def settle_precision(run: Path, precision: str, device: torch.device) -> torch.dtype:
    """Return the precision of a run's training, and note it in the run's `precision.json`.

    `auto` is decided once: where something is noted it means that, on whatever machine, so that a
    training goes on as it began.
    """
    dtype = settled_precision(run, precision, device)
    (name,) = (name for name, value in PRECISIONS.items() if value == dtype)
    save_json(run / "precision.json", {"precision": name})
    return dtype


def settled_precision(run: Path, precision: str, device: torch.device) -> torch.dtype:
    """Return the precision named; for `auto` the one of the run's training, if that is noted."""
    noted = load_record(run / "precision.json").get("precision")
    is_settled = precision == "auto" and noted in PRECISIONS
    return pick_precision(noted if is_settled else precision, device)


def autocast(device: torch.device, precision: torch.dtype) -> AbstractContextManager:
    """Return a context in which matrix products run in `precision`; weights stay float32."""
    return torch.autocast(device.type, dtype=precision, enabled=precision != torch.float32)
