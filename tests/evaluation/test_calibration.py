"""A temperature that is found, applied and kept."""

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification

from tweetsent_utils.evaluation.calibration import (
    apply_temperature,
    choose_temperature,
    fit_temperature,
    measure_calibration,
)
from tweetsent_utils.model.classifier import load_classifier

# Their heads differ: one linear layer, or two, defined after the encoder or before it.
FAMILIES = ("tiny encoder", "bert", "roberta", "electra", "xlm-roberta", "camembert")


@pytest.mark.parametrize("temperature", [0.25, 1.0, 4.0])
def test_temperature_that_logits_were_multiplied_by_is_found(temperature):
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (5000, 4))
    # By the Gumbel trick, labels are drawn with the probabilities of the logits.
    labels = (logits + random.gumbel(size=logits.shape)).argmax(axis=1)
    assert fit_temperature(labels, logits * temperature) == pytest.approx(temperature, rel=0.05)


def sample_logits(rows: int, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and logits that are right about them once they are divided by a factor."""
    random = np.random.default_rng(1)
    logits = random.normal(0, 2, (rows, 4))
    labels = (logits + random.gumbel(size=logits.shape)).argmax(axis=1)
    return labels, logits * factor


def test_a_temperature_is_kept_where_it_helps_on_rows_that_it_did_not_see():
    labels, logits = sample_logits(500, factor=3.0)
    assert choose_temperature(labels, logits) == fit_temperature(labels, logits)
    assert choose_temperature(labels, logits) == pytest.approx(3, rel=0.2)


def test_few_rows_and_a_model_that_means_what_it_says_get_no_temperature():
    labels, logits = sample_logits(99, factor=3.0)
    assert choose_temperature(labels, logits) == 1
    labels, logits = sample_logits(100, factor=3.0)
    assert choose_temperature(labels, logits) > 1
    labels, logits = sample_logits(500, factor=1.0)
    found = choose_temperature(labels, logits)
    assert found == 1 or abs(found - 1) < 0.1


def answers_as_sure(confidence: list[float], right: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Labels of two classes and their logits: 500 rows as sure, and as often right, as is said."""
    rows = 500
    sure = np.repeat(confidence, rows)
    is_right = np.concatenate([np.arange(rows) % 100 < count for count in right])
    logits = np.stack([np.log(sure), np.log(1 - sure)], axis=1)
    return (~is_right).astype(int), logits


def test_a_temperature_that_lowers_the_loss_alone_is_refused():
    """Most answers are too shy and the others too bold, in one bin at first: the gaps cancel."""
    labels, logits = answers_as_sure([0.92] * 7 + [0.88] * 2 + [0.7], [97] * 7 + [80] * 2 + [60])
    temperature = fit_temperature(labels, logits)
    before, after = (measure_calibration(labels, logits / by) for by in (1, temperature))
    assert temperature < 1 and after[0] < before[0] and after[1] > before[1]
    assert choose_temperature(labels, logits) == 1


@pytest.mark.parametrize(("mistakes", "is_fitted"), [(0, False), (4, False), (5, True)])
def test_a_model_with_hardly_a_mistake_gets_no_temperature(mistakes, is_fitted):
    """Where all is right, surer is better without an end."""
    labels = np.arange(400) % 4
    logits = 1.5 * np.eye(4)[labels]
    labels[:mistakes] = (labels[:mistakes] + 1) % 4
    assert (choose_temperature(labels, logits) != 1) == is_fitted


@pytest.mark.parametrize("family", FAMILIES)
def test_whoever_opens_the_model_gets_logits_divided_by_the_temperature(
    tmp_path,
    tiny_encoder,
    label_order,
    family,
):
    if family == "tiny encoder":
        model = load_classifier(tiny_encoder, label_order)
    else:
        sizes = {"vocab_size": 50, "hidden_size": 16, "intermediate_size": 32, "num_labels": 5}
        layers = {"num_hidden_layers": 1, "num_attention_heads": 2, "initializer_range": 0.2}
        config = AutoConfig.for_model(family, **sizes, **layers)
        model = AutoModelForSequenceClassification.from_config(config)
    model.eval()
    for name, weight in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(weight)  # a fresh one is zero
    input_ids = torch.arange(5, 25).reshape(2, 10)
    with torch.no_grad():
        before = model(input_ids).logits
        assert before.abs().max() > 0.1
        apply_temperature(model, 2.5)
        model.save_pretrained(tmp_path)
        opened = AutoModelForSequenceClassification.from_pretrained(tmp_path)
        after = opened(input_ids).logits
    torch.testing.assert_close(after * 2.5, before)
    assert opened.config.calibration_temperature == 2.5
