"""An audit of labels: a lexicon's score, cut where the labels themselves change, against what they say."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from tweetsent_utils.cleaning import CLEANINGS, clean
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation import score_baselines


class Audit(NamedTuple):
    """The lexicon's best agreement with the labels, the better baseline (shares of rows), a verdict, and all rules."""

    agreement: float
    baseline: float
    verdict: str
    table: pd.DataFrame


def lexicon_scores(texts: Sequence[str]) -> np.ndarray:
    """Return VADER's score, -1 to 1, of N texts or their first 5,000 characters: Hutto and Gilbert 2014, shape (N,)."""
    analyzer = SentimentIntensityAnalyzer()
    return np.array([analyzer.polarity_scores(text[:5000])["compound"] for text in texts])


def cut(scores: np.ndarray, labels: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, ...]:
    """Find the cuts, one fewer than classes, that part N labels best by their scores, and cut M other scores there.

    Returns the M answers, their M distances to the nearest cut, and the cuts, of which there may be fewer.
    """
    found = stairs(labels).fit(scores[:, None], labels)
    cuts = np.sort(found.tree_.threshold[found.tree_.feature == 0])
    return found.predict(others[:, None]), np.abs(others[:, None] - cuts).min(axis=1, initial=2), cuts


def stairs(labels: np.ndarray) -> DecisionTreeClassifier:
    """Return a tree with a leaf per class: on one number, it can do nothing but cut."""
    return DecisionTreeClassifier(max_leaf_nodes=max(len(np.unique(labels)), 2), random_state=0)


@threadpool_limits.wrap(1, user_api="blas")  # in fits this small, threads only wait for each other
def audit_labels(texts: Sequence[str], labels: Sequence) -> Audit:
    """Tell whether N labels look lexicon-made; whatever is fitted is judged on folds that it never saw.

    Along the score a rule's labels change in steps, a reader's in a slope. The smaller Brier error, over texts with a
    listed word, tells which. Raises `TweetsentError` for too few rows.
    """
    texts, labels = np.array(list(texts), dtype=object), np.unique(np.asarray(labels), return_inverse=True)[1]
    if (np.bincount(labels) >= 5).sum() < 2:
        raise TweetsentError(f"{len(labels)} labels are too few to audit: give two classes of 5 texts or more")
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(texts, labels))
    scored = [score_baselines(texts[train], labels[train], texts[test], labels[test]) for train, test in folds]
    parts = [pd.DataFrame(scored[i]).loc["accuracy"] * len(test) / len(labels) for i, (_, test) in enumerate(folds)]
    table = sum(parts).rename("agreement").to_frame()
    baseline, slopes = table["agreement"].max(), LogisticRegression(C=1e4, max_iter=1000)
    for cleaning in CLEANINGS:
        scores = lexicon_scores([clean(text, cleaning) for text in texts])[:, None]
        heard = (scores[:, 0] != 0) + 1e-9  # a text without a listed word has no place along the score
        rules = (stairs(labels), None), (slopes, {"sample_weight": heard})
        chances = [cross_val_predict(a, scores, labels, cv=folds, method="predict_proba", params=b) for a, b in rules]
        errors = [((part - np.eye(part.shape[1])[labels]) ** 2).sum(axis=1) for part in chances]
        row = (chances[0].argmax(axis=1) == labels).mean(), *np.average(errors, axis=1, weights=heard)
        table.loc[f"lexicon, {cleaning}", ["agreement", "error in steps", "error in a slope"]] = row
    agreement, steps, slope = table.loc[table["agreement"][2:].idxmax()]
    shape = "steps" if steps < slope or slope < 0.02 else "a slope"  # a slope this steep is a step
    gain = (agreement - baseline) / max(1 - baseline, 1e-9) if shape == "steps" else 0.0
    levels = ("no sign of a lexicon", "labels look partly lexicon-made", "labels look lexicon-made")
    found = f"{levels[sum((gain >= 0.2, gain >= 0.75))]}: {agreement:.0%} agreement, in {shape}"
    return Audit(float(agreement), float(baseline), f"{found}, where a baseline has {baseline:.0%}", table)
