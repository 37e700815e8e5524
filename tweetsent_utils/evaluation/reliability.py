"""Is a model as sure as it is right? Measuring it, from probabilities alone."""

import numpy as np
from scipy.special import softmax

SMALLEST = 1e-7  # stands for a probability that was rounded to 0


def change_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return what probabilities of shape (N, classes) become when the logits are divided again.

    Above 1 they come closer to each other, below 1 the likeliest gains; their order stays. The
    logarithms serve as logits: they differ from them by a constant per row, which softmax ignores.
    """
    log_probabilities = np.log(np.clip(probabilities, SMALLEST, None))
    return softmax(log_probabilities / temperature, axis=1)


def judge_answers(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how sure N answers are, and whether each is right.

    `labels` are N ranks, `probabilities` have shape (N, classes); an answer is the likeliest class.
    """
    is_right = probabilities.argmax(axis=1) == np.asarray(labels)
    return probabilities.max(axis=1), is_right


def expected_calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """Return the expected calibration error of N answers.

    That is the mean gap between confidence and share right over `bins` of equal width, each
    weighted by its answers. Guo et al., https://arxiv.org/abs/1706.04599.
    """
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gap = 0.0
    for number in np.unique(bin_of):
        inside = bin_of == number
        gap += abs((confidence - right)[inside].sum())
    return float(gap / len(right))


def reliability_curve(
    confidence: np.ndarray,
    right: np.ndarray,
    groups: int = 10,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean confidence and the share right of groups of equal size.

    The least confident group comes first. With few answers there are fewer groups, of about ten
    answers each.
    """
    order = np.argsort(confidence)
    parts = np.array_split(order, min(groups, len(order) // 10 + 1))
    means = [(confidence[part].mean(), right[part].mean()) for part in parts if len(part)]
    mean_confidence, share_right = np.transpose(means)
    return mean_confidence, share_right
