"""An audit of labels: whether a word list, cut at thresholds, has made them."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from textwrap import fill
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from tweetsent_utils.data.cleaning import CLEANINGS, clean
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.baselines import score_baselines
from tweetsent_utils.evaluation.lexicon import apply_cuts, lexicon_scores, threshold_tree

FOLDS = 5
LINE = 60  # characters of a report that a phone shows
NEAR = 0.1  # of a cut: where a reader would hesitate, and a rule would not
FEWEST_NEAR = 5  # different scores there, below which a reader and a rule look alike
STEEP = 0.02  # a slope with a Brier error below this is a step

# The share of the way from the baseline to full agreement that the word list must cover.
VERDICTS = (
    (0.75, "labels look lexicon-made"),
    (0.2, "labels look partly lexicon-made"),
    (float("-inf"), "no sign of a lexicon"),
)
UNTOLD = "cannot be told from a reader's"


class LabelAudit(NamedTuple):
    """What an audit found.

    The word list's best agreement with the labels and that of the better baseline, both as shares
    of rows; a verdict in one sentence; and a table of all rules. Where there was too little to
    audit, the verdict says so, both shares are None, and the table is empty.
    """

    agreement: float | None
    baseline: float | None
    verdict: str
    table: pd.DataFrame

    def figures(self) -> dict[str, str | float | None]:
        """Return the verdict and both shares, for a record."""
        return {"verdict": self.verdict, "agreement": self.agreement, "baseline": self.baseline}


def audit_if_possible(texts: Sequence[str], labels: Sequence) -> LabelAudit:
    """Audit N labels as `audit_labels` does, but let the verdict say why they cannot be audited."""
    try:
        return audit_labels(texts, labels)
    except TweetsentError as error:
        return LabelAudit(agreement=None, baseline=None, verdict=str(error), table=pd.DataFrame())


@threadpool_limits.wrap(1, user_api="blas")  # in fits this small, threads only wait for each other
def audit_labels(texts: Sequence[str], labels: Sequence) -> LabelAudit:
    """Tell whether N labels look as if a word list had made them.

    Along the word list's score, a rule's labels change in steps and a reader's in a slope; the
    smaller Brier error, over texts with a listed word, tells which. Whatever is fitted is judged on
    folds that it never saw. Raises `TweetsentError` for fewer than two classes of five rows, for
    a gap among the texts or the labels, and for texts that are none.
    """
    texts = np.array(list(texts), dtype=object)
    require_no_gaps(texts, labels)
    labels = np.unique(np.asarray(labels), return_inverse=True)[1]
    enough = int((np.bincount(labels) >= FOLDS).sum())
    if enough < 2:
        what = f"{len(labels):,} labels are too few to audit"
        why = f"{enough} of their classes has {FOLDS} texts or more, and it takes two"
        raise TweetsentError(f"{what}, since {why}: give more texts of the rarer classes")

    with rare_classes_allowed():
        splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        folds = list(splitter.split(texts, labels))
        baselines = cross_validate_baselines(texts, labels, folds)
        rules, near_cuts = {}, {}
        for cleaning in CLEANINGS:
            scores = lexicon_scores([clean(text, cleaning) for text in texts])
            rules[f"lexicon, {cleaning}"] = compare_steps_and_slope(scores, labels, folds)
            near_cuts[f"lexicon, {cleaning}"] = count_near_cuts(scores, labels)
        rules = pd.DataFrame.from_dict(rules, orient="index")

    baseline = float(baselines.max())
    best = rules.loc[rules["agreement"].idxmax()]
    return LabelAudit(
        agreement=float(best["agreement"]),
        baseline=baseline,
        verdict=describe_verdict(best, baseline, near_cuts[best.name]),
        table=pd.concat([baselines.to_frame("agreement"), rules]),
    )


def report_honestly(
    accuracy: float,
    majority_share: float,
    verdict: str,
    rule_agreement: float,
) -> str:
    """Return what a report on a model should say, in four sentences, by what an audit found.

    The model's test accuracy, that of the largest class, the audit's verdict, and the share of test
    labels that a word list repeats.
    """
    means = "how well it repeats the labels, whoever gave them"
    if VERDICTS[0][1] in verdict:
        means = "how well it imitates that list, not how people would label"
    sentences = [
        f"Test accuracy {accuracy:.3f}; always the largest class: {majority_share:.3f}.",
        f"An audit of the labels: {verdict}.",
        f"A word list, cut where the training labels change, repeats {rule_agreement:.4f} "
        "of the test labels.",
        f"So the accuracy says of the model {means}.",
    ]
    return "\n".join(fill(sentence, LINE, subsequent_indent="  ") for sentence in sentences)


@contextmanager
def rare_classes_allowed() -> Iterator[None]:
    """Be silent about classes of fewer rows than folds.

    Where the only row of a class is judged, no fit can answer with it, and none does.
    """
    with warnings.catch_warnings():
        for message in ("The least populated class", "Number of classes in training fold"):
            warnings.filterwarnings("ignore", message=message)
        yield


def require_no_gaps(texts: np.ndarray, labels: Sequence) -> None:
    """Refuse texts and labels of which one is missing, and texts that are none."""
    if len(texts) != len(labels):
        what = f"there are {len(texts):,} texts and {len(labels):,} labels"
        raise TweetsentError(f"{what}: give one label for each text")
    for name, values in (("text", texts), ("label", labels)):
        is_missing = pd.isna(np.asarray(values, dtype=object))
        if is_missing.any():
            where = f"row {is_missing.argmax() + 1} has no {name} ({is_missing.sum()} such rows)"
            raise TweetsentError(f"{where}: leave it out")
    for row, text in enumerate(texts, start=1):
        if not isinstance(text, str):
            raise TweetsentError(f"the text in row {row} is {text!r}: give texts, one for each row")


def cross_validate_baselines(texts: np.ndarray, labels: np.ndarray, folds: list) -> pd.Series:
    """Return each baseline's accuracy over all rows, each judged by a fit on the other folds."""
    accuracies = []
    for train, test in folds:
        scores = score_baselines(texts[train], labels[train], texts[test], labels[test])
        accuracies.append(pd.DataFrame(scores).loc["accuracy"])
    sizes = [len(test) for _, test in folds]
    by_fold = pd.DataFrame(accuracies, index=range(len(folds)))
    return by_fold.mul(sizes, axis=0).sum() / len(labels)


def compare_steps_and_slope(
    scores: np.ndarray,
    labels: np.ndarray,
    folds: list,
) -> dict[str, float]:
    """Predict N labels from N scores with steps and with a slope, each fitted on the other folds.

    Returns the `agreement` of the steps with the labels, and both Brier errors.
    """
    features = scores[:, None]
    # A text without a listed word has no place along the score: it hardly weighs.
    weights = (scores != 0) + 1e-9
    steps = cross_val_predict(
        threshold_tree(labels),
        features,
        labels,
        cv=folds,
        method="predict_proba",
    )
    slope = cross_val_predict(
        LogisticRegression(C=1e4, max_iter=1000),
        features,
        labels,
        cv=folds,
        method="predict_proba",
        params={"sample_weight": weights},
    )
    return {
        "agreement": (steps.argmax(axis=1) == labels).mean(),
        "error in steps": brier_score(steps, labels, weights),
        "error in a slope": brier_score(slope, labels, weights),
    }


def brier_score(probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    """Return the weighted mean squared distance of probabilities (N, classes) from the N labels."""
    one_hot = np.eye(probabilities.shape[1])[labels]
    errors = ((probabilities - one_hot) ** 2).sum(axis=1)
    return float(np.average(errors, weights=weights))


def count_near_cuts(scores: np.ndarray, labels: np.ndarray) -> int:
    """Return how many different scores are near a cut that parts the N labels by their N scores."""
    different = np.unique(scores)
    _, distances, _ = apply_cuts(scores, labels, different)
    return int((distances <= NEAR).sum())


def describe_verdict(rule: pd.Series, baseline: float, near_cuts: int) -> str:
    """Return in one sentence what the best rule says of the labels.

    `near_cuts` is how many different scores are near its cuts. Where they are few, as among plain
    praise and plain complaints, a reader's labels change in steps too, and it cannot be told.
    """
    steps, slope = rule["error in steps"], rule["error in a slope"]
    in_steps = steps < slope or slope < STEEP
    gain = (rule["agreement"] - baseline) / max(1 - baseline, 1e-9) if in_steps else 0.0
    level = next(words for least, words in VERDICTS if gain >= least)
    if gain >= VERDICTS[1][0] and near_cuts < FEWEST_NEAR:
        agreement = f"{rule['agreement']:.0%} agreement, where a baseline has {baseline:.0%}"
        return f"a lexicon's labels {UNTOLD}: {agreement}, but hardly a text is near a cut"
    shape = "steps" if in_steps else "a slope"
    agreement = f"{rule['agreement']:.0%} agreement, in {shape}"
    return f"{level}: {agreement}, where a baseline has {baseline:.0%}"
