"""Labels that a model contradicts, worked out by hand, and planted ones that it must find."""

import numpy as np
import pytest

from tweetsent_utils.errors import TweetsentError
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
        pytest.param([1, 1], two_classes([0.6, 0.7]), [], id="one class, and not the first"),
        pytest.param([0], two_classes([0.4]), [], id="one row"),
        # The bars are 0.9 and 0.1: row 2 is surely 0, and no other row of its class speaks for it.
        pytest.param([0, 0, 1], two_classes([0.9, 0.9, 0.9]), [2], id="a class of one row"),
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


@pytest.mark.parametrize(
    ("labels", "probabilities", "facts"),
    [
        pytest.param([0, 1], [[2.0, -1.0], [0.5, 3.0]], ["softmax"], id="logits"),
        pytest.param([0, 1], [[0.5, 0.1], [0.5, 0.2]], ["sum to 1"], id="logits like shares"),
        pytest.param(["up", "down"], [[0.5, 0.5]] * 2, ["'up'", "label_ids"], id="names"),
        pytest.param([0, 2], [[0.5, 0.5]] * 2, ["row 2", "is 2", "0 to 1"], id="no such class"),
        pytest.param([0], [[0.5, 0.5]] * 2, ["1 labels", "2 rows"], id="a label too few"),
        pytest.param([], np.empty((0, 2)), ["no labels"], id="no rows"),
    ],
)
def test_anything_but_ranks_and_probabilities_is_refused(labels, probabilities, facts):
    with pytest.raises(TweetsentError) as caught:
        find_suspects(labels, probabilities)
    assert [fact for fact in facts if fact not in str(caught.value)] == []


@pytest.mark.parametrize("seed", range(20))
def test_sets_of_a_few_rows_have_suspects_or_none_and_never_a_warning(seed, recwarn):
    random = np.random.default_rng(seed)
    rows, classes = random.integers(1, 7), random.integers(2, 6)
    probabilities = random.dirichlet(np.full(classes, 0.3), rows)
    suspects = find_suspects(random.integers(0, classes, rows), probabilities)
    assert set(suspects) <= set(range(rows))
    assert not recwarn.list
