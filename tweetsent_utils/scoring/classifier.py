"""A trained model that answers: texts in, a table with a label and its probability out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.special import softmax
from torch import nn
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging

from tweetsent_utils.checksums import SUMS, verify_folder
from tweetsent_utils.data.batching import batches_by_tokens
from tweetsent_utils.data.tokenizing import find_cut, tokenize
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.inference import answer_batches, padding_id
from tweetsent_utils.export.onnx_classifier import OnnxClassifier
from tweetsent_utils.files import encoder_errors
from tweetsent_utils.model.cpu_kernels import use_cpu_kernels
from tweetsent_utils.scoring.answers import (
    NO_WORD,
    UNSURE_BELOW,
    Answers,
    as_texts,
    name_labels,
)
from tweetsent_utils.training.device import PRECISIONS, pick_device, settled_precision
from tweetsent_utils.training.step import eval_step

WINDOW = 16_384  # texts that are tokenised, and sorted by length, at once
# How many tokens a batch holds, padding included: what a CPU's cache holds, and what fills a GPU.
TOKENS_AT_ONCE = {"cpu": 1_024, "mps": 16_384, "cuda": 65_536}
ROUNDED = "bf16-weights"  # a precision: not only products, but all that is kept is in bfloat16
ONNX_PRECISIONS = {"onnx": "fp32", "int8": "int8"}

logging.disable_progress_bar()  # a bar for the loading of weights would stay in the notebook


@dataclass(frozen=True)
class TweetClassifier:
    """A model with its tokenizer, and the name that it is shown under.

    `open_classifier` opens one from a folder. `precision` is that of its matrix products. A text of
    which the likeliest class has a probability below `unsure_below` counts as unsure.
    """

    model: nn.Module | OnnxClassifier
    tokenizer: PreTrainedTokenizerBase
    name: str = "the model"
    precision: torch.dtype = torch.float32
    unsure_below: float = UNSURE_BELOW

    @property
    def label_order(self) -> list[str]:
        """The names of the model's classes, by rank."""
        if isinstance(self.model, OnnxClassifier):
            return self.model.label_order
        config = self.model.config
        return [config.id2label[rank] for rank in range(config.num_labels)]

    @property
    def temperature(self) -> float:
        """What the model's logits have been divided by, see `apply_temperature`: 1 for nothing."""
        config = getattr(self.model, "config", None)
        return getattr(config, "calibration_temperature", None) or 1.0

    @property
    def precision_name(self) -> str:
        """What the model computes in, as `open_classifier` calls it."""
        if isinstance(self.model, OnnxClassifier):
            return self.model.path.stem
        if self.model.dtype == torch.bfloat16:
            return ROUNDED
        (name,) = (name for name, dtype in PRECISIONS.items() if dtype == self.precision)
        return name

    @property
    def tokens_at_once(self) -> int:
        """How many tokens a batch holds, padding included."""
        device = getattr(self.model, "device", torch.device("cpu"))
        return TOKENS_AT_ONCE.get(device.type, TOKENS_AT_ONCE["cpu"])

    def score(self, texts: Sequence[Any]) -> pd.DataFrame:
        """Return a table with a row for each of N texts, in their order.

        Its columns are `label`, `confidence` (the label's probability), `unsure`, `cut` (whether
        the text was too long to be read to its end), `unreadable` (why it has no label, or "") and,
        for each class, `p_` and its name. A column of a table keeps its index. Numbers are read as
        texts; what is missing, blank or a list has no label, NaN for each number, and is unsure.
        """
        answers = self.read(list(texts))
        index = texts.index if isinstance(texts, pd.Series) else pd.RangeIndex(len(texts))
        table = pd.DataFrame(index=index)
        table["label"] = name_labels(answers.probabilities, self.label_order)
        table["confidence"] = answers.probabilities.max(axis=1)
        table["unsure"] = ~(table["confidence"] >= self.unsure_below).to_numpy()
        table["cut"] = answers.is_cut
        table["unreadable"] = answers.reasons
        table[[f"p_{label}" for label in self.label_order]] = answers.probabilities
        return table

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return the class probabilities of N texts, of shape (N, classes), in their order."""
        return self.answer(tokenize(texts, self.tokenizer) if len(texts) else [])

    def answer(self, input_ids: Sequence[Sequence[int]]) -> np.ndarray:
        """Return the class probabilities of N tokenised texts, of shape (N, classes)."""
        if isinstance(self.model, OnnxClassifier):
            answer, pad_id = partial(answer_with_onnx, self.model), self.model.pad_id
        else:
            answer = partial(eval_step, self.model, precision=self.precision)
            pad_id = padding_id(self.model)
        batches = batches_by_tokens([len(ids) for ids in input_ids], self.tokens_at_once)
        logits = answer_batches(input_ids, batches, answer, pad_id, len(self.label_order))
        return softmax(logits, axis=1)

    def read(self, values: Sequence[Any]) -> Answers:
        """Return what the model says of N values, most of which are texts; equal ones once."""
        texts, reasons = as_texts(values)
        places: dict[str, int] = {}
        rows = np.array([places.setdefault(text, len(places)) for text in texts], dtype=np.int64)
        distinct = list(places)
        probabilities = np.full((len(distinct), len(self.label_order)), np.nan, dtype=np.float32)
        is_cut = np.zeros(len(distinct), dtype=bool)
        special = self.tokenizer.num_special_tokens_to_add()
        blank = places.get("")  # which stands for all that cannot be read
        start = 0
        for window, input_ids in self.tokenize_ahead(distinct):
            is_cut[start : start + len(window)] = find_cut(window, input_ids, self.tokenizer)
            readable = [
                place
                for place, ids in enumerate(input_ids)
                if len(ids) > special and start + place != blank
            ]
            answered = self.answer([input_ids[place] for place in readable])
            probabilities[start + np.array(readable, dtype=np.int64)] = answered
            start += len(window)
        probabilities, is_cut = probabilities[rows], is_cut[rows]
        has_no_answer = np.isnan(probabilities[:, 0])
        reasons = [
            reason or (NO_WORD if is_empty else "")
            for reason, is_empty in zip(reasons, has_no_answer, strict=True)
        ]
        return Answers(probabilities, is_cut, reasons, len(distinct) - (blank is not None))

    def tokenize_ahead(self, texts: list[str]) -> Iterator[tuple[list[str], list[list[int]]]]:
        """Yield texts with their token ids, a window at a time.

        The next window is tokenised while a GPU computes; a CPU has its hands full.
        """
        windows = [texts[start : start + WINDOW] for start in range(0, len(texts), WINDOW)]
        device = getattr(self.model, "device", torch.device("cpu"))
        if device.type == "cpu":
            for window in windows:
                yield window, tokenize(window, self.tokenizer)
            return
        with ThreadPoolExecutor(max_workers=1) as thread:
            coming = [thread.submit(tokenize, window, self.tokenizer) for window in windows[:1]]
            for place, window in enumerate(windows):
                input_ids = coming.pop().result()
                if place + 1 < len(windows):
                    coming.append(thread.submit(tokenize, windows[place + 1], self.tokenizer))
                yield window, input_ids


def answer_with_onnx(model: OnnxClassifier, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return an exported model's logits for a batch."""
    inputs = {name: tensor.numpy() for name, tensor in batch.items()}
    return torch.from_numpy(np.asarray(model.logits(**inputs), dtype=np.float32))


def open_classifier(
    folder: str | Path,
    name: str = "",
    device: str = "auto",
    precision: str = "auto",
    unsure_below: float = UNSURE_BELOW,
) -> TweetClassifier:
    """Open a run's folder, its `model/`, or another model that transformers knows.

    With a `precision` of "auto", it is the one that the run has been trained in. "bf16" rounds the
    factors of matrix products alone, "bf16-weights" all weights and states, which is faster and
    coarser. "int8" and "onnx" open what `tweetsent export` has left, on the CPU. Runs no code of
    the folder's. Raises `TweetsentError` for a folder that holds no model, or one that was changed
    since it was made.
    """
    folder = find_model_folder(folder)
    if (folder / SUMS).exists():
        verify_folder(folder, "03_training")
    name = name or folder.name
    if precision in ONNX_PRECISIONS:
        return open_exported(folder, name, ONNX_PRECISIONS[precision], unsure_below)
    target = pick_device(device)
    is_of_run = folder.name == "model"
    is_rounded = precision == ROUNDED
    wanted = "fp32" if is_rounded else precision
    dtype = settled_precision(folder.parent if is_of_run else folder, wanted, target)
    with encoder_errors(folder):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        model = AutoModelForSequenceClassification.from_pretrained(
            folder,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
        )
    model = model.to(target, dtype=torch.bfloat16 if is_rounded else None).eval()
    use_cpu_kernels(model)
    if dtype != torch.float32:
        round_weights(model, dtype)
    return TweetClassifier(model, tokenizer, name, dtype, unsure_below)


def open_exported(folder: Path, name: str, precision: str, unsure_below: float) -> TweetClassifier:
    """Open what `tweetsent export` has made of a run's model."""
    run = folder.parent if folder.name == "model" else folder
    exported = run / "onnx" if (run / "onnx").is_dir() else folder
    model = OnnxClassifier(exported, precision, threads=torch.get_num_threads())
    with encoder_errors(exported):
        tokenizer = AutoTokenizer.from_pretrained(exported, trust_remote_code=False)
    return TweetClassifier(model, tokenizer, name, unsure_below=unsure_below)


def find_model_folder(folder: str | Path) -> Path:
    """Return the folder of a model: the given one, or the `model/` of a run.

    Raises `TweetsentError` where there is none.
    """
    folder = Path(folder)
    if not folder.is_dir():
        what = f"there is no folder {folder}"
        raise TweetsentError(f"{what}: name a run's, such as outputs/quick, or a model's")
    inner = folder / "model"
    return inner if (inner / "config.json").is_file() else folder


@torch.no_grad()
def round_weights(model: nn.Module, dtype: torch.dtype) -> None:
    """Round the weights of a model's linear layers once, as autocast does in each batch.

    The answers are the same, bit by bit, and the rounding is not repeated.
    """
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.to(dtype)
