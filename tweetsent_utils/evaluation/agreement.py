"""How far people, labels, a model and a rule agree, beyond what their habits alone would give."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.inputs import require_ranks
from tweetsent_utils.evaluation.uncertainty import CONFIDENCE, wilson_interval

TAILS = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]


def cohen_kappa(one: Sequence[int], other: Sequence[int], ordered: bool = True) -> float:
    """Return Cohen's kappa of N ranks that one reader gives and N that another gives.

    1 is perfect agreement, 0 is what shuffling would give (Cohen 1960,
    https://doi.org/10.1177/001316446002000104). For ordered classes a disagreement counts by the
    square of its distance (Cohen 1968, https://doi.org/10.1037/h0026256). It is not a number where
    both give the same class to every text. Raises `TweetsentError` for anything but ranks, and
    for lengths that differ.
    """
    one, other = require_pair(one, other)
    classes = np.unique([one, other])
    if len(classes) == 1:
        return float("nan")
    every_rank = np.arange(classes.max() + 1)  # a rank that nobody gives still counts as a step
    weights = "quadratic" if ordered else None
    return float(cohen_kappa_score(one, other, labels=every_rank, weights=weights))


def kappa_interval(
    one: Sequence[int],
    other: Sequence[int],
    ordered: bool = True,
    draws: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the 95% interval of `cohen_kappa`: percentiles over draws of texts.

    Efron 1979, https://doi.org/10.1214/aos/1176344552. Draws in which kappa is not a number do not
    count. Where all draws agree alike, drawing again cannot tell an interval, and both ends are not
    a number. Raises `TweetsentError` as `cohen_kappa` does.
    """
    one, other = require_pair(one, other)
    pairs, counts = np.unique([one, other], axis=1, return_counts=True)
    # To draw texts with replacement is to draw how often each pair of answers comes.
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(one), counts / len(one), size=draws)
    kappas = kappas_of_counts(pairs, drawn, ordered)
    kappas = kappas[~np.isnan(kappas)]
    if not len(kappas):
        return float("nan"), float("nan")
    low, high = np.quantile(kappas, TAILS)
    return (float(low), float(high)) if low < high else (float("nan"), float("nan"))


def kappas_of_counts(pairs: np.ndarray, counts: np.ndarray, ordered: bool) -> np.ndarray:
    """Return the kappa of each of D draws, of shape (D,).

    `pairs` are the C different pairs of ranks, of shape (2, C); `counts` tell how often each comes
    in a draw, of shape (D, C). The same as scikit-learn's, for two thousand draws in milliseconds.
    """
    one, other = pairs
    classes = np.unique(pairs)
    observed = counts @ disagreements(one, other, ordered)
    by_one = counts @ (one[:, None] == classes).astype(float)
    by_other = counts @ (other[:, None] == classes).astype(float)
    weights = disagreements(classes[:, None], classes[None, :], ordered)
    by_chance = ((by_one @ weights) * by_other).sum(axis=1) / counts.sum(axis=1)
    unknown = np.full(len(counts), np.nan)
    return 1 - np.divide(observed, by_chance, out=unknown, where=by_chance > 0)


def disagreements(one: np.ndarray, other: np.ndarray, ordered: bool) -> np.ndarray:
    """Return what each disagreement counts: the squared distance or, without an order, 1."""
    distances = one - other
    return (distances**2 if ordered else distances != 0).astype(float)


def tabulate_agreement(
    readers: Mapping[str, Sequence[float]],
    ordered: bool = True,
    draws: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how far each two readers agree on the texts that both have answered.

    `readers` holds N ranks by the name of who gave them: a person, a model, a rule; not a number
    where there is no answer. A row per pair: `one`, `other`, the number of `rows`, the share of
    equal answers as `agreement`, `kappa`, and the ends `low` and `high` of its 95% interval. Pairs
    without a text in common are left out. Raises `TweetsentError` for lengths that differ.
    """
    rows = []
    for one, other in combinations(readers, 2):
        answers = [np.asarray(readers[name], dtype=float) for name in (one, other)]
        require_equal_lengths(*answers)
        both = ~np.isnan(answers).any(axis=0)
        if both.any():
            first, second = (ranks[both].astype(int) for ranks in answers)
            low, high = kappa_interval(first, second, ordered, draws, seed)
            rows.append(
                {
                    "one": one,
                    "other": other,
                    "rows": len(first),
                    "agreement": float((first == second).mean()),
                    "kappa": cohen_kappa(first, second, ordered),
                    "low": low,
                    "high": high,
                }
            )
    return pd.DataFrame(rows, columns=["one", "other", "rows", "agreement", "kappa", "low", "high"])


def tabulate_accuracy(
    predictions: Sequence[int],
    labels: Mapping[str, Sequence[float]],
) -> pd.DataFrame:
    """Return the accuracy of N predictions by each of several sets of labels.

    `labels` holds N ranks by the name of who gave them, not a number where there is none. A row per
    set, by its name: the number of `rows`, the `accuracy`, and the ends `low` and `high` of its 95%
    interval, which is Wilson's. A set without a label is left out. Raises `TweetsentError` for
    lengths that differ.
    """
    predictions = np.asarray(predictions)
    table = {}
    for name, given in labels.items():
        given = np.asarray(given, dtype=float)
        require_equal_lengths(predictions, given)
        rows = int((~np.isnan(given)).sum())
        if rows:
            hits = int((predictions == given).sum())
            table[name] = [rows, hits / rows, *wilson_interval(hits, rows)]
    columns = {"rows": int, "accuracy": float, "low": float, "high": float}
    return pd.DataFrame.from_dict(table, orient="index", columns=list(columns)).astype(columns)


def require_pair(one: Sequence[int], other: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the ranks of two readers as arrays of equal length, or refuse them in a sentence."""
    require_equal_lengths(one, other)
    return require_ranks("ranks of the one", one), require_ranks("ranks of the other", other)


def require_equal_lengths(one: Sequence, other: Sequence) -> None:
    """Refuse the answers of two readers of which one has more than the other."""
    if len(one) != len(other):
        what = f"one has given {len(one):,} answers and the other {len(other):,}"
        raise TweetsentError(f"{what}: give one for each text, in the same order")
