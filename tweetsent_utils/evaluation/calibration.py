"""A temperature that makes a model as sure as it is right: found, and applied to its weights."""

import math

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.model_selection import KFold

from tweetsent_utils.evaluation.metrics import cross_entropy
from tweetsent_utils.evaluation.reliability import expected_calibration_error, judge_answers
from tweetsent_utils.model.head import find_head

ENOUGH_ROWS = 100
ENOUGH_MISTAKES = 5
FOLDS = 5


def choose_temperature(labels: np.ndarray, logits: np.ndarray) -> float:
    """Return the temperature for logits of shape (N, classes) with N labels, or 1.0 for none.

    It is fitted where there are a hundred rows and five mistakes or more, since fewer tell it
    little (without a mistake, it would make the model as sure as can be). It is kept where it
    lowers both the loss and the expected calibration error on rows that it did not see: each fifth
    of the rows gets the temperature of the others. The two can disagree, above all after a training
    with smoothed labels, and then the probabilities are best left alone.
    """
    mistakes = (logits.argmax(axis=1) != labels).sum()
    if len(labels) < ENOUGH_ROWS or mistakes < ENOUGH_MISTAKES:
        return 1.0
    unseen = np.empty(logits.shape)
    for others, held_out in KFold(FOLDS, shuffle=True, random_state=0).split(logits):
        unseen[held_out] = logits[held_out] / fit_temperature(labels[others], logits[others])
    before, after = measure_calibration(labels, logits), measure_calibration(labels, unseen)
    helps = all(new < old for new, old in zip(after, before, strict=True))
    return fit_temperature(labels, logits) if helps else 1.0


def measure_calibration(labels: np.ndarray, logits: np.ndarray) -> tuple[float, float]:
    """Return the loss and the expected calibration error of logits of shape (N, classes)."""
    answers = judge_answers(labels, softmax(logits, axis=1))
    return cross_entropy(labels, logits), expected_calibration_error(*answers)


def fit_temperature(labels: np.ndarray, logits: np.ndarray) -> float:
    """Return the divisor of logits of shape (N, classes) under which their N labels are likeliest.

    It lies between exp(-3) and exp(3). Guo et al., https://arxiv.org/abs/1706.04599.
    """

    def loss_at(log_temperature: float) -> float:
        return cross_entropy(labels, logits / math.exp(log_temperature))

    found = minimize_scalar(loss_at, bounds=(-3, 3), method="bounded")
    return math.exp(found.x)


@torch.no_grad()
def apply_temperature(model: torch.nn.Module, temperature: float) -> None:
    """Divide a model's logits by a temperature, once and for all, and note it in its configuration.

    The weights of the head are divided, so that whoever opens the model gets these probabilities.
    `config.calibration_temperature` undoes it. Raises `TweetsentError`, and changes nothing, for a
    model whose logits no linear layer gives.
    """
    for weight in find_head(model).parameters():
        weight /= temperature
    model.config.calibration_temperature = temperature
