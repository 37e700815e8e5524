"""One weight per feature, cut into classes that have an order."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tweetsent_utils.evaluation.ordinal_regression import CumulativeLogit


def draw_rows(rows: int, weights: list[float], cuts: list[float]) -> tuple[csr_matrix, np.ndarray]:
    """Counts of shape (rows, features), and ranks drawn with the model's own probabilities."""
    random = np.random.default_rng(0)
    counts = random.poisson(1.0, (rows, len(weights)))
    ranks = np.digitize(counts @ weights + random.logistic(size=rows), cuts)
    return csr_matrix(counts), ranks


def test_weights_and_cuts_that_labels_were_drawn_with_are_found():
    weights, cuts = [2.0, -1.5, 0.0, 0.5], [-1.0, 0.5, 1.0, 3.0]
    found = CumulativeLogit(penalty=0.1).fit(*draw_rows(20_000, weights, cuts))
    assert found.coef_ == pytest.approx(weights, abs=0.1)
    assert found.cuts_ == pytest.approx(cuts, abs=0.15)


def test_features_that_say_nothing_weigh_nothing():
    found = CumulativeLogit(penalty=60.0).fit(*draw_rows(2000, [2.0] + [0.0] * 20, [0.0, 2.0]))
    assert found.coef_[0] > 1
    assert (found.coef_[1:] == 0).all()


def test_probabilities_are_those_between_the_cuts():
    model = CumulativeLogit()
    model.classes_, model.coef_ = np.array([0, 1, 2]), np.array([np.log(3), 0.0])
    model.cuts_ = np.array([0.0, np.log(9)])
    # sigmoid(log odds): odds of 1 and 9 at a score of 0, of 1/3 and 3 at a score of log 3
    expected = [[1 / 2, 9 / 10 - 1 / 2, 1 / 10], [1 / 4, 3 / 4 - 1 / 4, 1 / 4]]
    features = csr_matrix([[0, 5], [1, 0]])
    assert model.predict_proba(features) == pytest.approx(np.array(expected))
    assert model.predict(features).tolist() == [0, 1]


def test_classes_that_training_lacks_are_no_answer_and_two_are_enough():
    counts, ranks = draw_rows(300, [3.0, -3.0], [0.0])
    found = CumulativeLogit().fit(counts, np.array([1, 4])[ranks])
    assert found.predict_proba(counts).shape == (300, 2)
    assert (found.predict(counts) == np.array([1, 4])[ranks]).mean() > 0.75


@pytest.mark.parametrize("seed", range(5))
def test_a_handful_of_rows_gives_finite_weights(seed, recwarn):
    random = np.random.default_rng(seed)
    counts = csr_matrix(random.poisson(0.3, (6, 40)))
    found = CumulativeLogit(penalty=0.01).fit(counts, np.array([0, 1, 2, 3, 4, 4]))
    assert np.isfinite(found.coef_).all()
    assert (np.diff(found.cuts_) > 0).all()
    assert found.predict_proba(counts).sum(axis=1) == pytest.approx(1)
    assert not recwarn.list
