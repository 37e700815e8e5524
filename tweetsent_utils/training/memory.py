"""Memory: what a process holds, what training should need, what it does need, and what fits."""

import traceback

import psutil
import torch
from torch import nn
from transformers import PretrainedConfig

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.training.device import autocast
from tweetsent_utils.training.step import MODEL_INPUTS

MIB = 2**20
FLOAT32_BYTES = 4
INNER_WIDTHS = (
    "intermediate_size",
    "hidden_dim",
    "ffn_dim",
    "encoder_ffn_dim",
    "d_ff",
    "d_inner",
    "dff",
    "n_inner",
)


def check_memory(device: torch.device) -> dict[str, float]:
    """Return memory in MiB.

    On a GPU: `allocated`, `reserved` and `peak`; on Apple's mps: `allocated` and `reserved`; on a
    CPU: `resident`, of the whole process.
    """
    if device.type == "cuda":
        return {
            "allocated": torch.cuda.memory_allocated(device) / MIB,
            "reserved": torch.cuda.memory_reserved(device) / MIB,
            "peak": torch.cuda.max_memory_allocated(device) / MIB,
        }
    if device.type == "mps":
        return {
            "allocated": torch.mps.current_allocated_memory() / MIB,
            "reserved": torch.mps.driver_allocated_memory() / MIB,
        }
    return {"resident": psutil.Process().memory_info().rss / MIB}


def predict_memory(
    model: nn.Module,
    rows: int,
    length: int,
    precision: torch.dtype,
) -> dict[str, float]:
    """Return the bytes that training on batches of `rows` tweets of `length` tokens should take.

    By formula: `weights`, `gradients`, `averages` (AdamW's two) and `activations`. Activations of
    transformers: Korthikanti et al., https://arxiv.org/abs/2205.05198.
    """
    config = model.config.get_text_config()
    layer = predict_layer(model, rows, length, precision)
    weights = FLOAT32_BYTES * sum(weight.numel() for weight in model.parameters())
    return {
        "weights": weights,
        "gradients": weights,
        "averages": 2 * weights,
        "activations": config.num_hidden_layers * sum(layer.values()),
    }


def predict_layer(
    model: nn.Module,
    rows: int,
    length: int,
    precision: torch.dtype,
) -> dict[str, float]:
    """Return the bytes that one layer keeps of `rows` tweets of `length` tokens, by what they are.

    These are the activations of `predict_memory`: 8 H + 2 F numbers and 2 H of dropout masks for
    each token, with H the width of the layer and F that of its inner part. On a CPU, where no fused
    attention does without them, there are three numbers for each pair of tokens and each head.
    """
    config = model.config.get_text_config()
    number = precision.itemsize
    width = config.hidden_size
    inner_width = find_inner_width(config)
    tokens = rows * length
    kept = {
        "what queries, keys and values are made of": tokens * width * number,
        "queries, keys and values": 3 * tokens * width * number,
        "what attention gives": tokens * width * number,
        "before and after the first norm": 2 * tokens * width * number,
        "inner part, before and after GELU": 2 * tokens * inner_width * number,
        "before the second norm": tokens * width * number,
        "masks of dropout": 2 * tokens * width * number,
    }
    if model.device.type == "cpu":
        pairs = rows * length**2 * getattr(config, "num_attention_heads", 0)
        kept["pairs of tokens: scores, weights, mask"] = 3 * pairs * number
    if precision != torch.float32:
        weights = 4 * width**2 + 2 * width * inner_width
        kept["the weights, in the products' precision"] = weights * number
    return kept


def find_inner_width(config: PretrainedConfig) -> int:
    """Return the width of a layer's inner part, by the name that its family has for it.

    Without any it is four times the width of the layer, as in most.
    """
    widths = [getattr(config, name, None) for name in INNER_WIDTHS]
    return next((width for width in widths if width), 4 * config.hidden_size)


def measure_memory(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: dict[str, torch.Tensor],
    precision: torch.dtype,
) -> dict[str, int]:
    """Return the bytes that training on a batch takes, by the sizes of its tensors.

    The parts are those of `predict_memory`. Passes the batch forward and backward without an
    update, and leaves no gradients.
    """
    activations = measure_activations(model, batch, precision)
    weights = list(model.parameters())
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    states = optimizer.state.values()
    averages = [tensor for state in states for tensor in state.values() if tensor.ndim]
    measured = {
        "weights": sum(tensor.nbytes for tensor in weights),
        "gradients": sum(tensor.nbytes for tensor in gradients),
        "averages": sum(tensor.nbytes for tensor in averages),
        "activations": activations,
    }
    model.zero_grad()
    return measured


def measure_activations(
    model: nn.Module,
    batch: dict[str, torch.Tensor],
    precision: torch.dtype,
) -> int:
    """Return the bytes that a pass forward keeps for the pass backward, which leaves gradients.

    torch calls a hook for every tensor that it keeps; each piece of memory counts once, and what is
    part of the weights does not count.
    """
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept = {}

    def record(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(record, lambda tensor: tensor):
        loss = forward(model, batch, precision)
    loss.backward()
    return sum(size for place, size in kept.items() if place not in weights)


def forward(
    model: nn.Module,
    batch: dict[str, torch.Tensor],
    precision: torch.dtype,
) -> torch.Tensor:
    """Return a batch's loss, with all that its pass backward needs."""
    inputs = {name: batch[name].to(model.device) for name in MODEL_INPUTS}
    with autocast(model.device, precision):
        return model(**inputs).loss


def explain_out_of_memory(
    error: RuntimeError,
    model: nn.Module,
    batch: dict[str, torch.Tensor],
    precision: torch.dtype,
    rows: int,
) -> TweetsentError:
    """Return what to raise for the `error` of a step on a batch in parts of `rows` tweets.

    It names a number of rows that was tried on this batch, without an update, and fits. What the
    failed step held is freed first.
    """
    rows = min(rows, len(batch["labels"]))
    figures = check_memory(model.device).items()
    held = ", ".join(f"{name} {value:,.0f} MiB" for name, value in figures)
    what = f"{model.device} is out of memory with {rows} texts at once ({held})"
    traceback.clear_frames(error.__traceback__)
    model.zero_grad()
    fitting = find_micro_batch_size(model, batch, precision, rows // 2)
    if not fitting:
        remedy = "a new run with a lower max_length or a smaller encoder needs less"
        return TweetsentError(f"{what}: {remedy}")
    parts = -(-len(batch["labels"]) // fitting)  # rounded up
    cost = f"{parts} parts a batch, for the same update apart from dropout's draws"
    remedy = f"set micro_batch_size to {fitting}, which was tried on this batch and fits ({cost})"
    return TweetsentError(f"{what}: {remedy}")


def find_micro_batch_size(
    model: nn.Module,
    batch: dict[str, torch.Tensor],
    precision: torch.dtype,
    rows: int,
) -> int:
    """Return the first of `rows`, half as many, ... that fits into memory; 0 if none does."""
    while rows and not fits_in_memory(model, batch, precision, rows):
        rows //= 2
    return rows


def fits_in_memory(
    model: nn.Module,
    batch: dict[str, torch.Tensor],
    precision: torch.dtype,
    rows: int,
) -> bool:
    """Tell whether a batch's first `rows` tweets can pass through the model, there and back."""
    part = {name: batch[name][:rows] for name in MODEL_INPUTS}
    try:
        for _ in range(2):  # the second time next to the gradients of the first
            forward(model, part, precision).backward()
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        return False
    finally:
        model.zero_grad()
    return True


def is_out_of_memory(error: RuntimeError) -> bool:
    """Tell whether memory ran out; a CPU's allocator has no error class of its own."""
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)
