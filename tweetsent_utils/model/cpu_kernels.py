"""Faster parts for a CPU: cheaper dropout, attention in low precision, memory that is kept."""

import ctypes
import sys

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask

ATTENTION = "cpu_low_precision"
# Encoders that attend as `low_precision_attention` does: every token to every other, and no more.
FAMILIES = (
    "albert",
    "bert",
    "camembert",
    "data2vec-text",
    "distilbert",
    "electra",
    "ernie",
    "esm",
    "gte",
    "jina_embeddings_v3",
    "modernbert",
    "nomic_bert",
    "roberta",
    "roberta-prelayernorm",
    "xlm-roberta",
    "xlm-roberta-xl",
)
INTEGER_TYPES = {2: torch.int16, 4: torch.int32}  # by their bytes
# Options of glibc's mallopt, from its malloc.h.
M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4


def fast_dropout(inputs: torch.Tensor, p: float) -> torch.Tensor:
    """Zero each element with probability `p`, to 1/65,536, and divide the rest by 1 - p.

    torch draws 32 random bits for each element, one after the other on most CPUs. This draws one
    64-bit number for four elements. An element is kept if its 16 bits, read as a number from
    -32,768 on, reach a threshold.
    """
    if p == 0:
        return inputs
    draws = -(-inputs.numel() // 4)  # rounded up
    numbers = torch.empty(draws, dtype=torch.int64).random_(-(2**63), None)
    bits = numbers.view(torch.int16)[: inputs.numel()].view(inputs.shape)
    is_kept = bits >= round(p * 2**16) - 2**15
    # The mask is made as integers, which is cheaper: the bits of the factor, or none, which is 0.0.
    integer = INTEGER_TYPES[inputs.element_size()]
    factor = inputs.new_tensor(1 / (1 - p)).view(integer)
    mask = (is_kept.to(integer) * factor).view(inputs.dtype)
    return inputs * mask


class FastDropout(nn.Dropout):
    """`torch.nn.Dropout` that draws 16 random bits for each element."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Drop elements in training; return the input in evaluation."""
        return fast_dropout(input, self.p) if self.training else input


def low_precision_attention(
    _: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    *,
    scaling: float,
    dropout: float,
    **__: object,
) -> tuple[torch.Tensor, None]:
    """Attend: softmax(query · key · scaling + mask) · value, for tensors of shape (B, heads, L, d).

    The softmax keeps the precision of the products around it: in bfloat16 it moves half the memory.
    Returns a tensor of shape (B, L, heads, d). Vaswani et al., https://arxiv.org/abs/1706.03762.
    """
    with torch.autocast("cpu", enabled=False):
        scores = (query * scaling) @ key.transpose(2, 3)
        if mask is not None:
            # The mask's least float32 is -inf in bfloat16, and a row of -inf has a softmax of NaN.
            least = torch.finfo(scores.dtype).min
            scores = scores + mask.clamp(min=least).to(scores.dtype)
        weights = fast_dropout(scores.softmax(dim=-1), dropout).to(value.dtype)
        return (weights @ value).transpose(1, 2), None


def keep_freed_memory() -> bool:
    """Let this process keep up to 2 GiB of the memory that it frees; tell whether it can.

    A step of training frees its activations and gradients, and the next one asks for as much again.
    In between, glibc hands them back to the system, which then fills each page with zeros before it
    gives it out once more. Other systems than Linux with glibc are left as they are.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    library.mallopt(M_MMAP_MAX, 0)  # large tensors too come from the heap, which can be kept
    return bool(library.mallopt(M_TRIM_THRESHOLD, 2**31 - 1))


def use_cpu_kernels(model: nn.Module) -> None:
    """Give a model on a CPU this attention and this dropout; leave one on a GPU as it is.

    From then on, the process keeps the memory that it frees: see `keep_freed_memory`.

    A GPU draws its random numbers side by side and has faster attention of its own. Families that
    attend in other ways (with a bias for each distance, in groups of heads) keep their attention.
    """
    if model.device.type != "cpu":
        return
    keep_freed_memory()
    if model.config.model_type in FAMILIES:
        AttentionInterface.register(ATTENTION, low_precision_attention)
        AttentionMaskInterface.register(ATTENTION, eager_mask)
        model.set_attn_implementation(ATTENTION)
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.Dropout:
                setattr(parent, name, FastDropout(child.p).train(child.training))
