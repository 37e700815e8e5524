"""From a classifier in PyTorch to a graph in ONNX that gives the same logits."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
import torch
from torch import nn
from transformers import AutoModelForSequenceClassification

from tweetsent_utils.errors import user_error
from tweetsent_utils.files import encoder_errors
from tweetsent_utils.model.head import REMEDY

OPSET = 18  # of ONNX: the operations that a graph may use. Engines of the last years know these
INPUTS = ("input_ids", "attention_mask")


class Logits(nn.Module):
    """A classifier that takes two tensors and returns one, as a graph does."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return the logits of B texts, of shape (B, classes), for two tensors of shape (B, L)."""
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


def open_for_export(folder: Path) -> nn.Module:
    """Open a model folder with the attention that a graph can hold: plain products and a softmax.

    It is the reference too, with which an export is compared. Raises `TweetsentError` for a folder
    that holds no model.
    """
    with encoder_errors(folder):
        model = AutoModelForSequenceClassification.from_pretrained(
            folder,
            dtype=torch.float32,
            attn_implementation="eager",
            use_safetensors=True,
            trust_remote_code=False,
        )
    return model.eval()


def export_graph(model: nn.Module, path: Path) -> None:
    """Write a classifier as a graph of float32 that takes batches of any size and length.

    Its inputs are `input_ids` and `attention_mask`, int64 of shape (batch, tokens), its output is
    `logits`, float32 of shape (batch, classes). Raises `TweetsentError` for a family that torch
    cannot export.
    """
    example = torch.tensor([[1, 2, 3, 4], [1, 2, 3, 4]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    axes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    family = model.config.model_type
    what = f"models of the family {family} cannot be exported to ONNX by torch {torch.__version__}"
    with user_error(what, REMEDY, Exception), quiet_exporter():
        torch.onnx.export(
            Logits(model),
            (example, mask),
            path,
            input_names=INPUTS,
            output_names=["logits"],
            opset_version=OPSET,
            dynamic_shapes=dict.fromkeys(INPUTS, axes),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        tidy(path)


@contextmanager
def quiet_exporter() -> Iterator[None]:
    """Keep torch's exporter from printing what no user can do anything about."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def tidy(path: Path) -> None:
    """Drop from a graph's file what no engine reads: its traces of Python, with paths in them."""
    model = onnx.load(path)
    model.doc_string = ""
    for part in (model, model.graph, *model.graph.node, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    del model.graph.value_info[:]  # shapes of what lies in between, which an engine works out
    onnx.save(model, path)
