"""Labels that a model contradicts, worked out by hand, and planted ones that it must find."""

import numpy as np
import pytest

from tweetsent_utils.evaluation.suspects import find_suspects


def two_classes(first: list[float]) -> np.ndarray:
    """Return probabilities of two classes from those of the first."""
    return np.stack([first, 1 - np.array(first)], axis=1)


@pytest.mark.parametrize(
    ("labels", "probabilities", "suspects"),
    [
        # The bars are 0.583 and 0.475: row 2 is surely 1 and row 4 surely 0; row 6 reaches no bar.
        pytest.param(
            [0, 0, 0, 1, 1, 1, 1],
            two_classes([0.9, 0.8, 0.05, 0.2, 0.9, 0.45, 0.55]),
            [2, 4],
            id="over another class's bar",
        ),
        # The bars are 0.783 and 0.4: row 2 is over the other class's bar, yet likelier its own.
        pytest.param(
            [0, 0, 0, 1, 1],
            two_classes([0.9, 0.9, 0.55, 0.6, 0.6]),
            [],
            id="its own class is likeliest",
        ),
        pytest.param([0, 0], two_classes([0.4, 0.3]), [], id="one class"),
        pytest.param([0], two_classes([0.4]), [], id="one row"),
        pytest.param(
            [0, 0, 2, 2],
            [[0.6, 0.1, 0.3], [0.05, 0.9, 0.05], [0.2, 0.1, 0.7], [0.1, 0.1, 0.8]],
            [],
            id="a class that no row has",
        ),
    ],
)
def test_suspects_come_out_by_hand(labels, probabilities, suspects):
    found = find_suspects(np.array(labels), np.array(probabilities))
    assert found.tolist() == suspects
    assert np.array(labels)[found].size == len(suspects)  # none at all are positions too


def test_planted_labels_are_found_by_a_model_that_knows():
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 400)
    probabilities = np.full((400, 3), 0.1)
    probabilities[np.arange(400), truth] = 0.8
    labels = truth.copy()
    labels[:20] = (labels[:20] + 1) % 3
    assert sorted(find_suspects(labels, probabilities)) == list(range(20))
