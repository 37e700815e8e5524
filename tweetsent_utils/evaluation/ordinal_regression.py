"""A regression on classes that have an order: one weight per feature, and a sum that is cut."""

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import spmatrix
from scipy.special import expit, log_expit
from sklearn.base import BaseEstimator, ClassifierMixin


class CumulativeLogit(ClassifierMixin, BaseEstimator):
    """The proportional odds model, with a penalty that leaves most weights at zero.

    A row's score is the sum of its features, each times one weight, whatever the number of classes.
    Between each two neighbouring classes there is a cut, and sigmoid(cut k - score) is the
    probability that the row is of one of the first k classes. The loss is the sum over all rows,
    and the sum of the absolute weights times `penalty`.

    McCullagh 1980, https://doi.org/10.1111/j.2517-6161.1980.tb01109.x, and for the penalty
    Tibshirani 1996, https://doi.org/10.1111/j.2517-6161.1996.tb02080.x. Neither scikit-learn nor
    statsmodels has this model for sparse features.
    """

    def __init__(self, penalty: float = 1.0, max_iter: int = 500) -> None:
        self.penalty = penalty
        self.max_iter = max_iter

    def fit(self, features: spmatrix, labels: np.ndarray) -> "CumulativeLogit":
        """Find weights and cuts for sparse features of shape (N, features) with N labels.

        The labels sort as their classes do, and are of two classes at least.
        """
        self.classes_, ranks = np.unique(labels, return_inverse=True)
        rows, columns = features.shape
        by_row = features.tocsr().astype(float)
        by_column = by_row.T.tocsr()

        def loss_and_slopes(parameters: np.ndarray) -> tuple[float, np.ndarray]:
            """Return the mean loss and its slope in each parameter."""
            gains, losses, cuts = split_parameters(parameters, columns)
            scores = by_row @ (gains - losses)
            log_probabilities, of_upper, of_lower = slopes_at_cuts(scores, cuts, ranks)
            of_weights = by_column @ (of_upper + of_lower)
            of_cuts = -np.bincount(ranks, of_upper, len(cuts) + 1)[:-1]
            of_cuts -= np.bincount(ranks, of_lower, len(cuts) + 1)[1:]
            of_steps = np.cumsum(of_cuts[::-1])[::-1]  # a step moves its cut and all above it
            of_steps[1:] *= np.diff(cuts)
            loss = self.penalty * (gains.sum() + losses.sum()) - log_probabilities.sum()
            slopes = [self.penalty + of_weights, self.penalty - of_weights, of_steps]
            return loss / rows, np.concatenate(slopes) / rows

        below = np.cumsum(np.bincount(ranks))[:-1] / rows
        cuts = np.log(below / (1 - below))  # right where all weights are zero
        steps = [cuts[0], *np.log(np.diff(cuts))]
        found = minimize(
            loss_and_slopes,
            np.concatenate([np.zeros(2 * columns), steps]),
            jac=True,
            method="L-BFGS-B",
            bounds=[(0, None)] * (2 * columns) + [(None, None)] * len(steps),
            options={"maxiter": self.max_iter, "ftol": 1e-6},
        )
        gains, losses, self.cuts_ = split_parameters(found.x, columns)
        self.coef_ = gains - losses
        return self

    def predict_proba(self, features: spmatrix) -> np.ndarray:
        """Return probabilities of shape (N, classes) for features of shape (N, features)."""
        scores = features @ self.coef_
        return np.diff(expit(with_ends(self.cuts_) - scores[:, None]), axis=1)

    def predict(self, features: spmatrix) -> np.ndarray:
        """Return the likeliest class of each of N rows."""
        return self.classes_[self.predict_proba(features).argmax(axis=1)]


def split_parameters(
    parameters: np.ndarray,
    columns: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what the optimiser moves as two arrays whose difference is the weights, and the cuts.

    The two are never below zero, which L-BFGS-B can hold, while it can't pass the kink that a
    weight's absolute value has at zero. Cuts are kept as the first, and the logarithms of the steps
    to the next ones, so that they rise.
    """
    first, *log_steps = parameters[2 * columns :]
    cuts = np.cumsum([first, *np.exp(log_steps)])
    return parameters[:columns], parameters[columns : 2 * columns], cuts


def slopes_at_cuts(
    scores: np.ndarray,
    cuts: np.ndarray,
    ranks: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the logarithms of the probabilities of N ranks, and their slopes in the two cuts.

    The first slopes are in the cut above a row's class, the second in that below it. Where there is
    no such cut, the slope is 0; a score has the slope of both cuts together, turned around.
    """
    upper = with_ends(cuts)[ranks + 1] - scores
    lower = with_ends(cuts)[ranks] - scores
    # sigmoid(upper) - sigmoid(lower), but never as a difference of two numbers that are close to 1
    log_probabilities = log_expit(upper) + log_expit(-lower) + np.log(-np.expm1(lower - upper))
    between = 1 / np.expm1(upper - lower)
    return log_probabilities, expit(-upper) + between, -expit(lower) - between


def with_ends(cuts: np.ndarray) -> np.ndarray:
    """Return cuts with minus infinity before the first and infinity after the last."""
    return np.concatenate([[-np.inf], cuts, [np.inf]])
