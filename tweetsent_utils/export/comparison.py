"""What an exported model is worth: its answers and its speed next to those of PyTorch."""

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from scipy.special import softmax
from torch import nn

from tweetsent_utils.data.batching import batches_by_length, pad
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.inference import padding_id
from tweetsent_utils.evaluation.metrics import score
from tweetsent_utils.export.onnx_classifier import OnnxClassifier
from tweetsent_utils.training.step import eval_step

MOST_LOST = 0.005  # accuracy that an export may lose: half a point
SAME_LOGITS = 1e-3  # by which those of a float32 graph may differ, as sums in another order do

Batch = dict[str, torch.Tensor]


def answer_with_torch(model: nn.Module) -> Callable[[Batch], np.ndarray]:
    """Return a function from a batch to a model's logits, of shape (B, classes)."""
    return lambda batch: eval_step(model, batch).cpu().numpy()


def answer_with_onnx(classifier: OnnxClassifier) -> Callable[[Batch], np.ndarray]:
    """Return a function from a batch to an exported model's logits, of shape (B, classes)."""
    return lambda batch: classifier.logits(
        batch["input_ids"].numpy(),
        batch["attention_mask"].numpy(),
    )


def time_answers(
    answer: Callable[[Batch], np.ndarray],
    input_ids: Sequence[Sequence[int]],
    pad_id: int,
    batch_size: int,
) -> tuple[np.ndarray, float]:
    """Return the logits of N tokenised texts, of shape (N, classes), and texts a second.

    Texts of similar length are in a batch. The first batch is answered once before the clock runs.
    """
    input_ids = list(input_ids)
    batches = batches_by_length([len(ids) for ids in input_ids], batch_size)
    answer(pad([input_ids[row] for row in batches[0]], pad_id))
    started = time.perf_counter()
    parts = [answer(pad([input_ids[row] for row in rows], pad_id)) for rows in batches]
    seconds = time.perf_counter() - started
    found = np.concatenate(parts)
    logits = np.empty_like(found)
    logits[np.concatenate([np.array(rows) for rows in batches])] = found
    return logits, len(input_ids) / seconds


def compare_logits(logits: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    """Return how far two arrays of logits, of shape (N, classes), agree.

    `agreement` is the share of rows with the same likeliest class, `largest_difference` and
    `mean_difference` are those of the probabilities, of any class and of each row's farthest.
    """
    moved = np.abs(softmax(logits, axis=1) - softmax(reference, axis=1)).max(axis=1)
    same = logits.argmax(axis=1) == reference.argmax(axis=1)
    return {
        "agreement": float(same.mean()),
        "largest_difference": float(moved.max()),
        "mean_difference": float(moved.mean()),
    }


def describe_answers(
    labels: np.ndarray,
    logits: np.ndarray,
    reference: np.ndarray,
    rate: float,
) -> dict[str, float]:
    """Return an engine's row of the table: its scores, its agreement with PyTorch, its speed."""
    scores = score(labels, logits)
    return {
        "accuracy": scores["accuracy"],
        "macro_f1": scores["macro_f1"],
        **compare_logits(logits, reference),
        "texts_per_second": rate,
    }


def loses_too_much(accuracy: float, reference: float) -> bool:
    """Tell whether an export answers more than half a point fewer texts right than PyTorch."""
    return reference - accuracy > MOST_LOST + 1e-9


def require_same_graph(
    model: nn.Module,
    classifier: OnnxClassifier,
    input_ids: Sequence[Sequence[int]],
) -> None:
    """Raise a `TweetsentError` unless a float32 graph answers as its model does.

    Some texts are asked alone, and all of them together, as padding may be read otherwise.
    """
    pad_id = padding_id(model)
    rows = list(input_ids)
    for texts in [rows, *([ids] for ids in rows[:3])]:
        batch = pad(texts, pad_id)
        expected = answer_with_torch(model)(batch)
        found = answer_with_onnx(classifier)(batch)
        scale = max(1.0, float(np.abs(expected).max()))
        if found.shape != expected.shape or np.abs(found - expected).max() > SAME_LOGITS * scale:
            what = f"the graph of this {model.config.model_type} model gives other logits"
            remedy = "use the model folder with PyTorch"
            raise TweetsentError(f"{what} than PyTorch, so it isn't kept: {remedy}")
