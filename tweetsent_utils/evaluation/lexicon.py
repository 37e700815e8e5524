"""A word list's opinion of a text: VADER's score, in its versions, and where labels cut it."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier
from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SentimentIntensityAnalyzer

from tweetsent_utils.data.cleaning import clean

MOST_CHARACTERS = 5000  # that are scored of a text
LATER_WORDS = ("heart", "hearts", "flawed")  # came onto the list after VADER 2.5

# What is replaced by a space before a text is scored, one thing more at each step.
LINK = r"(?<!\w)\w++://\S++"
MENTION = "@[A-Za-z0-9]+"
SIGN = r"[^A-Za-z0-9 \t]"
LADDER = {
    "as it is": "(?!)",  # matches nothing
    "no links": LINK,
    "no mentions": f"{MENTION}|{LINK}",
    "no punctuation": f"{MENTION}|{LINK}|{SIGN}",
    "no hashtags": f"[@#][A-Za-z0-9]+|{LINK}|{SIGN}",
}
OLDER, NLTK = "older rules", "NLTK's copy"  # the last steps: bare words, by older scorers
LAST_STEPS = ("no hashtags", OLDER, NLTK)


class OpenAnalyzer(SentimentIntensityAnalyzer):
    """VADER, which also says what it has `counted` each word of a text for."""

    def score_valence(self, sentiments: list[float], text: str) -> dict[str, Any]:
        """Return VADER's scores, and the value of each word after all of its rules."""
        return super().score_valence(sentiments, text) | {"counted": sentiments}


class ListedWord(NamedTuple):
    """A word of a text that is on VADER's list.

    `value` is the list's, from -4 to 4; `counted` is what the rules on negation, emphasis and "but"
    make of it in this text.
    """

    word: str
    value: float
    counted: float


@cache
def open_list() -> OpenAnalyzer:
    """Return VADER with its list, which is read once."""
    return OpenAnalyzer()


def lexicon_scores(texts: Sequence[str]) -> np.ndarray:
    """Return VADER's scores, -1 to 1, of N texts or their first 5,000 characters; shape (N,).

    Hutto and Gilbert 2014, https://ojs.aaai.org/index.php/ICWSM/article/view/14550.
    """
    return compound_scores(open_list(), texts)


def word_values() -> dict[str, float]:
    """Return the words of VADER's list with their values, from -4 to 4."""
    return dict(open_list().lexicon)


def find_listed(text: str) -> list[ListedWord]:
    """Return the words of a text that are on VADER's list, in order, and what they count for.

    As in `label_by_list`, VADER reads the bare words.

    >>> find_listed("This is not great, @shop")
    [ListedWord(word='great', value=3.1, counted=-2.294)]
    """
    bare = clean(text, "words")[:MOST_CHARACTERS]
    values = open_list().lexicon
    counted = open_list().polarity_scores(bare)["counted"]
    return [
        ListedWord(word, values[word.lower()], float(value))
        for word, value in zip(bare.split(), counted, strict=True)
        if word.lower() in values
    ]


def words_with_rules() -> set[str]:
    """Return the words, in lower case, that have no value and change what VADER counts others for.

    They negate a word (not), raise or lower it (very), or shift the weight to what follows (but).
    """
    return {*NEGATE, *BOOSTER_DICT, "but"}


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


def score_step(texts: Sequence[str], step: str) -> np.ndarray | None:
    """Return the scores, of shape (N,), of N texts as a step of the ladder has them.

    A step is a name in `LADDER`, or `OLDER` or `NLTK`. None for `NLTK` where it is not installed.
    """
    form = re.compile(LADDER.get(step, LADDER["no hashtags"]))
    stripped = [form.sub(" ", text) for text in texts]
    if step == OLDER:
        return older_lexicon_scores(stripped)
    if step == NLTK:
        return nltk_lexicon_scores(stripped)
    return lexicon_scores(stripped)


class CutScores(NamedTuple):
    """What a step of the ladder says of the tweets: the test tweets' distances to a cut too."""

    train: np.ndarray
    test: np.ndarray
    distances: np.ndarray
    cuts: np.ndarray


def answer_by_rule(train: pd.DataFrame, test: pd.DataFrame, step: str) -> CutScores | None:
    """Cut the scores of a step where the training labels change; return the ranks that follow.

    The tables have the columns `text` and `label`. None where the step cannot be taken.
    """
    scores = score_step(train["text"], step)
    if scores is None:
        return None
    labels = train["label"].to_numpy()
    on_train, _, cuts = apply_cuts(scores, labels, scores)
    on_test, distances, _ = apply_cuts(scores, labels, score_step(test["text"], step))
    return CutScores(on_train, on_test, distances, cuts)


def answer_by_rules(train: pd.DataFrame, test: pd.DataFrame) -> dict[str, CutScores]:
    """Return what the last steps of the ladder, all of them on bare words, say of the tweets.

    See `answer_by_rule`. NLTK's copy is left out where it is not installed.
    """
    answers = {step: answer_by_rule(train, test, step) for step in LAST_STEPS}
    return {step: found for step, found in answers.items() if found is not None}


def climb_ladder(train: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """Return how well each step of the ladder agrees with the labels.

    A row per step: the shares `train` and `test` of labels that its cuts repeat, and the `cuts`,
    which only the training labels decide. NLTK's copy is left out where it is not installed.
    """
    rows = {}
    for step in (*LADDER, OLDER, NLTK):
        answers = answer_by_rule(train, test, step)
        if answers is not None:
            rows[step] = {
                "train": float((answers.train == train["label"]).mean()),
                "test": float((answers.test == test["label"]).mean()),
                "cuts": answers.cuts.round(5).tolist(),
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def best_step(ladder: pd.DataFrame) -> str:
    """Return the step that agrees best with the training labels, the last of several."""
    return ladder["train"].iloc[::-1].idxmax()


def gaps_at_cuts(scores: np.ndarray, cuts: np.ndarray) -> pd.DataFrame:
    """Return for each cut the last of N scores `below` it and the first `above`."""
    rows = [[scores[scores <= cut].max(), scores[scores > cut].min()] for cut in cuts]
    return pd.DataFrame(rows, columns=["below", "above"])


def label_by_list(texts: Sequence[str], cuts: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Return VADER's `score` of the bare words of N texts, and the `label` that cuts make of it.

    `cuts` are in ascending order, one fewer than `names`.
    """
    scores = lexicon_scores([clean(text, "words") for text in texts])
    labels = [names[rank] for rank in np.digitize(scores, cuts)]
    return pd.DataFrame({"score": scores, "label": labels})


def apply_cuts(
    scores: np.ndarray,
    labels: np.ndarray,
    other_scores: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the cuts that best separate N labels by their scores, and cut M other scores there.

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
