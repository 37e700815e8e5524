"""The export of a trained run, next to PyTorch, on the run's own test texts.

It needs a run that `tweetsent export` has exported: by default `outputs/quick` of the project, or
the folder that `TWEETSENT_EXPORTED_RUN` names.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from tweetsent_utils.data.batching import pad
from tweetsent_utils.data.split_files import load_split
from tweetsent_utils.evaluation.inference import predict_logits
from tweetsent_utils.export.comparison import answer_with_onnx, compare_logits, time_answers
from tweetsent_utils.export.onnx_classifier import OnnxClassifier
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.scoring.classifier import open_classifier

RUN = Path(os.environ.get("TWEETSENT_EXPORTED_RUN", PROJECT_ROOT / "outputs" / "quick"))
LEAST_AGREEMENT = 0.99  # share of texts with PyTorch's label
FARTHEST = 0.1  # by which a probability may differ from PyTorch's, and on average a tenth of it

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (RUN / "onnx" / "model_int8.onnx").exists(),
        reason=f"the run {RUN.name} isn't exported (tweetsent export --run {RUN.name})",
    ),
]


@pytest.fixture(scope="module")
def input_ids() -> list[list[int]]:
    return [list(map(int, ids)) for ids in load_split(RUN, "test")["input_ids"]]


@pytest.fixture(scope="module")
def exported() -> OnnxClassifier:
    return OnnxClassifier(RUN / "onnx", "int8", threads=1)


def test_eight_bits_answer_as_pytorch_does(input_ids, exported):
    reader = open_classifier(RUN, device="cpu", precision="fp32")
    reference = predict_logits(input_ids, reader.model, batch_size=32)
    logits, _ = time_answers(answer_with_onnx(exported), input_ids, exported.pad_id, 32)
    found = compare_logits(logits, reference)
    assert found["agreement"] >= LEAST_AGREEMENT
    assert found["largest_difference"] <= FARTHEST
    assert found["mean_difference"] <= FARTHEST / 10


def test_an_answer_does_not_depend_on_its_batch(input_ids, exported):
    answer = answer_with_onnx(exported)
    texts = sorted(input_ids[:40], key=len)
    together = softmax(answer(pad(texts, exported.pad_id)), axis=1)
    alone = np.concatenate([answer(pad([ids], exported.pad_id)) for ids in texts])
    assert together == pytest.approx(softmax(alone, axis=1), abs=0.01)
