"""A word list's opinion of a text: VADER's score, in its versions, and where labels cut it."""

import re
from collections.abc import Sequence

import numpy as np
from sklearn.tree import DecisionTreeClassifier
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

MOST_CHARACTERS = 5000  # that are scored of a text
LATER_WORDS = ("heart", "hearts", "flawed")  # came onto the list after VADER 2.5


def lexicon_scores(texts: Sequence[str]) -> np.ndarray:
    """Return VADER's scores, -1 to 1, of N texts or their first 5,000 characters; shape (N,).

    Hutto and Gilbert 2014, https://ojs.aaai.org/index.php/ICWSM/article/view/14550.
    """
    return compound_scores(SentimentIntensityAnalyzer(), texts)


def older_lexicon_scores(texts: Sequence[str]) -> np.ndarray:
    """Return VADER's scores without its later words and its later rule on "no", of shape (N,).

    The later words leave the list. Each "no" becomes a stand-in that has its value and meets no
    rule.
    """
    analyzer = SentimentIntensityAnalyzer()
    for word in LATER_WORDS:
        del analyzer.lexicon[word]
    analyzer.lexicon["noxx"] = analyzer.lexicon["no"]
    lower_replaced = [re.sub(r"\b[Nn]o\b", "noxx", text[:MOST_CHARACTERS]) for text in texts]
    replaced = [re.sub(r"\bNO\b", "NOXX", text) for text in lower_replaced]
    # A stand-in is longer than its word: nothing is cut a second time.
    return np.array([analyzer.polarity_scores(text)["compound"] for text in replaced])


def nltk_lexicon_scores(texts: Sequence[str]) -> np.ndarray | None:
    """Return the scores of NLTK's copy of VADER, of shape (N,).

    None if NLTK or its word list is not installed.
    """
    try:
        from nltk.sentiment.vader import SentimentIntensityAnalyzer as NltkAnalyzer

        analyzer = NltkAnalyzer()
    except (ImportError, LookupError):
        return None
    return compound_scores(analyzer, texts)


def compound_scores(analyzer: SentimentIntensityAnalyzer, texts: Sequence[str]) -> np.ndarray:
    """Return an analyzer's compound scores of N texts, of shape (N,)."""
    scores = [analyzer.polarity_scores(text[:MOST_CHARACTERS])["compound"] for text in texts]
    return np.array(scores)


def apply_cuts(
    scores: np.ndarray,
    labels: np.ndarray,
    other_scores: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the cuts that part N labels best by their scores, and cut M other scores there.

    There is one cut fewer than classes, or fewer still. Returns the M predictions, their M
    distances to the nearest cut (2 if there is none), and the cuts in ascending order.
    """
    tree = threshold_tree(labels).fit(scores[:, None], labels)
    cuts = np.sort(tree.tree_.threshold[tree.tree_.feature == 0])
    others = other_scores[:, None]
    distances = np.abs(others - cuts).min(axis=1, initial=2)
    return tree.predict(others), distances, cuts


def threshold_tree(labels: np.ndarray) -> DecisionTreeClassifier:
    """Return a tree with one leaf per class: on a single number, all it can do is cut it."""
    classes = len(np.unique(labels))
    return DecisionTreeClassifier(max_leaf_nodes=max(classes, 2), random_state=0)
