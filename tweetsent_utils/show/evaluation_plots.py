"""Figures of how good a model is, how sure, on which tweets, and whom it contradicts.

Each function returns a figure whose title is true of the data that it was given.
"""

from collections.abc import Mapping, Sequence
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.special import softmax
from sklearn.metrics import ConfusionMatrixDisplay

from tweetsent_utils.evaluation.by_class import describe_mistakes, hardest_class, read_row_aloud
from tweetsent_utils.evaluation.reliability import change_temperature, reliability_curve
from tweetsent_utils.show.style import SPLIT_STYLES, WIDTH, class_colors

GREEN = SPLIT_STYLES["test"]["color"]
PURPLE = SPLIT_STYLES["validation"]["color"]
DARK = "#222222"
GREY = "#bdbdbd"
ORANGE = "#d95f02"
MOST_NUMBERED = 12  # classes of which a matrix can show the numbers
MOST_BARS = 8
GROUP = 80  # answers behind a point of a reliability diagram: fewer make it zigzag
LINE = 55  # letters of a title


def set_title(figure: Figure, title: str) -> None:
    """Give a figure a title that starts at its left edge, left of long names on the axis too."""
    figure.suptitle(fill(title, LINE), x=0.01, ha="left", size=plt.rcParams["axes.titlesize"])


def draw_softmax(logits: np.ndarray, label_order: Sequence[str], ordered: bool = True) -> Figure:
    """Draw logits of shape (classes,) next to the probabilities that softmax makes of them."""
    probabilities = softmax(logits)
    colors = class_colors(len(label_order), ordered)
    height = 1.2 + 0.4 * len(label_order)
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, height), sharey=True)
    left.barh(label_order, logits, color=colors)
    left.axvline(0, color=DARK, lw=0.8)
    left.set(title="Logits ...", xlabel="no unit, any size")
    bars = right.barh(label_order, 100 * probabilities, color=colors)
    right.bar_label(bars, fmt="%.0f%%", padding=3)
    right.set(title="... and their softmax", xlabel="probability (%)", xlim=(0, 118))
    right.tick_params(axis="y", length=0)  # without names, ticks look like minus signs
    left.invert_yaxis()
    for axis in (left, right):
        axis.grid(axis="y", visible=False)
    return figure


def softmax_in_words(logits: np.ndarray, label_order: Sequence[str]) -> tuple[str, str]:
    """Return the alternative text and the caption of the figure that `draw_softmax` draws."""
    pairs = zip(label_order, logits, softmax(logits), strict=True)
    read = [f"{name}: {logit:.1f} becomes {share:.0%}" for name, logit, share in pairs]
    alt = f"Bars: the logits of one text, and its probabilities. {'; '.join(read)}."
    return alt, "The same order on both sides. Softmax changes the scale, never the winner."


def draw_confusion(
    matrix: np.ndarray,
    label_order: Sequence[str],
    ordered: bool = True,
) -> Figure:
    """Draw a confusion matrix of counts, a row per true class, in percent of each row.

    With many classes the numbers would run into each other: then only the colours are drawn.
    """
    shares = 100 * matrix / matrix.sum(axis=1, keepdims=True).clip(min=1)
    few = len(label_order) <= MOST_NUMBERED
    figure, axis = plt.subplots(figsize=(WIDTH, 5.4 if few else 7.0))
    names = [label.replace(" ", "\n") for label in label_order]
    drawn = ConfusionMatrixDisplay(shares, display_labels=names)
    drawn.plot(ax=axis, cmap="Greens", values_format=".0f", colorbar=False, include_values=few)
    set_title(figure, describe_mistakes(matrix, label_order, ordered))
    axis.set(
        xlabel="predicted class",
        ylabel="true class (each row: 100%)",
        aspect="auto",
    )
    axis.tick_params(labelsize=11 if few else 7)
    axis.tick_params(axis="x", rotation=0 if few else 90)
    axis.grid(False)
    return figure


def confusion_in_words(
    matrix: np.ndarray,
    label_order: Sequence[str],
    ordered: bool = True,
) -> tuple[str, str]:
    """Return the alternative text and the caption of a confusion matrix.

    The text reads each row aloud, the hardest alone where the classes are many; the caption reads
    the hardest one.
    """
    hardest = hardest_class(matrix)
    rows = range(len(label_order)) if len(label_order) <= MOST_NUMBERED else [hardest]
    title = describe_mistakes(matrix, label_order, ordered)
    aloud = " ".join(read_row_aloud(matrix, label_order, row) for row in rows)
    alt = f"Confusion matrix, in percent of each true class. {title}. {aloud}"
    caption = f"Read it row by row. {read_row_aloud(matrix, label_order, hardest)}"
    return alt, caption


def draw_classes(per_class: pd.DataFrame, ordered: bool = True) -> Figure:
    """Draw precision and recall of each class, from the table that `score_classes` returns."""
    few = len(per_class) <= MOST_NUMBERED
    figure, axis = plt.subplots(figsize=(WIDTH, 1.6 + (0.42 if few else 0.24) * len(per_class)))
    places = range(len(per_class))
    colors = class_colors(len(per_class), ordered)
    look = {"c": colors, "s": 80, "zorder": 3}
    precision, recall = 100 * per_class["precision"], 100 * per_class["recall"]
    axis.hlines(places, precision, recall, colors=colors, lw=3, alpha=0.5)
    axis.scatter(precision, places, marker="o", **look)
    axis.scatter(recall, places, marker="D", **look)
    for marker, name in (("o", "precision"), ("D", "recall")):
        axis.scatter([], [], marker=marker, c=DARK, s=60, label=name)
    shares = per_class["training_share"]
    gap = "\n" if few else " "
    names = [f"{name}{gap}({share:.0%} of training)" for name, share in shares.items()]
    axis.set_yticks(places, names)
    set_title(figure, describe_classes(per_class))
    axis.set(xlabel="percent", xlim=(-3, 103))
    axis.set_ylim(len(per_class) - 0.4, -0.6)
    figure.legend(loc="outside lower center", ncol=2)
    return figure


def describe_classes(per_class: pd.DataFrame) -> str:
    """Say which class is found least."""
    recall = per_class.loc[per_class["support"] > 0, "recall"]
    return f"Lowest recall: {recall.idxmin()}, {recall.min():.0%}"


def classes_in_words(per_class: pd.DataFrame) -> tuple[str, str]:
    """Return the alternative text and the caption of the figure that `draw_classes` draws."""
    found = [
        f"{name} (texts: {row['support']:,.0f}): "
        f"precision {row['precision']:.0%}, recall {row['recall']:.0%}"
        for name, row in per_class.iterrows()
    ]
    alt = f"Precision and recall of each class. {describe_classes(per_class)}. {'; '.join(found)}."
    return alt, "The longer the line, the more a class gains in one at the cost of the other."


def draw_mistakes(matrix: np.ndarray, label_order: Sequence[str], ordered: bool = True) -> Figure:
    """Draw how far off the answers in a confusion matrix of counts are, in classes.

    Classes without an order have no distances: for them, the most frequent mistakes are drawn.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.2))
    if ordered:
        shares = share_by_distance(matrix)
        colors = [GREEN] + [GREY] * (len(shares) - 1)
        bars = axis.bar([str(distance) for distance in range(len(shares))], shares, color=colors)
        axis.bar_label(bars, fmt="%.1f%%", padding=3)
        axis.margins(y=0.15)
        axis.set(xlabel="distance in classes", ylabel="share of test texts (%)")
    else:
        pairs = frequent_mistakes(matrix, label_order)
        axis.barh(list(pairs), list(pairs.values()), color=GREY)
        axis.set(xlabel="test texts")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.set_yticks(range(len(pairs)), list(pairs))
        axis.invert_yaxis()
        axis.grid(axis="y", visible=False)
    set_title(figure, title_of_mistakes(matrix, label_order, ordered))
    return figure


def title_of_mistakes(matrix: np.ndarray, label_order: Sequence[str], ordered: bool = True) -> str:
    """Say how many answers are near the truth or, without an order, the most frequent mistake."""
    if ordered:
        near = share_by_distance(matrix)[:2].sum()
        return f"{near:.0f}% of the answers are right or one class off"
    return describe_mistakes(matrix, label_order, ordered)


def mistakes_in_words(
    matrix: np.ndarray,
    label_order: Sequence[str],
    ordered: bool = True,
) -> tuple[str, str]:
    """Return the alternative text and the caption of the figure that `draw_mistakes` draws."""
    title = title_of_mistakes(matrix, label_order, ordered)
    if ordered:
        shares = [f"{n} off: {share:.1f}%" for n, share in enumerate(share_by_distance(matrix))]
        alt = f"Bars of the test texts by the distance of the answer. {title}. {', '.join(shares)}."
        return (
            alt,
            "0 is a right answer, 1 the class next to it. A long tail would be alarming.",
        )
    pairs = [f"{name}: {count}" for name, count in frequent_mistakes(matrix, label_order).items()]
    alt = f"Bars of the most frequent mistakes. {title}. {', '.join(pairs) or 'None'}."
    return alt, "Each bar is a pair: the true class, an arrow, and the answer."


def share_by_distance(matrix: np.ndarray) -> np.ndarray:
    """Return the percentage of answers at each distance from 0 on, by a matrix of counts."""
    ranks = np.arange(len(matrix))
    distances = np.abs(np.subtract.outer(ranks, ranks))
    return 100 * np.bincount(distances.ravel(), weights=matrix.ravel()) / matrix.sum()


def frequent_mistakes(matrix: np.ndarray, label_order: Sequence[str]) -> dict[str, int]:
    """Return the counts of the most frequent wrong pairs, eight at most, such as `good → bad`."""
    wrong = matrix - np.diag(matrix.diagonal())
    pairs = {}
    for place in np.argsort(-wrong, axis=None, kind="stable")[:MOST_BARS]:
        truth, answer = np.unravel_index(place, wrong.shape)
        if wrong[truth, answer]:
            pairs[f"{label_order[truth]} → {label_order[answer]}"] = int(wrong[truth, answer])
    return pairs


def draw_bootstrap(
    draws: np.ndarray,
    rows: int,
    accuracy: float,
    interval: pd.Series,
    validation: float,
) -> Figure:
    """Draw the accuracies of many draws of N `rows`, and where the measured ones are among them.

    `interval` has the entries `low` and `high`; `validation` is the accuracy on validation rows.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.4))
    low, high = interval["low"], interval["high"]
    step = max(np.ceil(np.ptp(draws) * rows / 25), 1) / rows  # all bins hold as many values
    edges = np.arange(draws.min() - 0.5 / rows, draws.max() + step, step)
    axis.hist(100 * draws, bins=100 * edges, color=GREEN, alpha=0.35)
    axis.axvspan(100 * low, 100 * high, color=GREEN, alpha=0.12, label="95% of the draws")
    axis.axvline(100 * accuracy, color=GREEN, lw=2, label="this test set")
    look = {"color": PURPLE, "lw": 2, "ls": "--"}
    axis.axvline(100 * validation, **look, label="validation rows")
    axis.set(title=describe_draws(interval), xlabel="accuracy (%)", ylabel="draws")
    axis.set_xlim(max(axis.get_xlim()[0], -1), min(axis.get_xlim()[1], 101))
    figure.legend(loc="outside lower center", ncol=3)
    return figure


def describe_draws(interval: pd.Series) -> str:
    """Say where 95 of 100 accuracies are."""
    return f"95 of 100 draws give between {interval['low']:.1%} and {interval['high']:.1%}"


def bootstrap_in_words(
    accuracy: float,
    interval: pd.Series,
    validation: float,
) -> tuple[str, str]:
    """Return the alternative text and the caption of the figure that `draw_bootstrap` draws."""
    marks = f"The test set's own accuracy is {accuracy:.1%}, that of the validation rows "
    alt = f"Histogram of drawn accuracies. {describe_draws(interval)}. {marks}{validation:.1%}."
    return alt, "Each draw is a test set that could have been. The shaded part is the interval."


def draw_temperatures(
    probabilities: np.ndarray,
    label_order: Sequence[str],
    temperatures: Sequence[float],
    ordered: bool = True,
) -> Figure:
    """Draw what temperatures make of the probabilities of one tweet, of shape (classes,).

    Where the classes are many, the eight most probable are drawn.
    """
    shown = np.sort(np.argsort(-probabilities, kind="stable")[:MOST_BARS])
    names = [label_order[rank].replace(" ", "\n") for rank in shown]
    colors = np.array(class_colors(len(label_order), ordered))[shown]
    size = (WIDTH, 0.8 + 0.42 * len(shown))
    figure, axes = plt.subplots(1, len(temperatures), figsize=size, sharey=True, sharex=True)
    for axis, temperature in zip(axes, temperatures, strict=True):
        changed = change_temperature(probabilities[None], temperature)[0, shown]
        bars = axis.barh(names, 100 * changed, color=colors)
        axis.bar_label(bars, fmt="%.0f%%", padding=2)
        axis.set(title=f"temperature {temperature:g}", xlim=(0, 130), xticks=[])
        axis.tick_params(axis="y", length=0)  # without names, ticks look like minus signs
        axis.grid(visible=False)
    axes[0].invert_yaxis()
    return figure


def temperatures_in_words(
    probabilities: np.ndarray,
    label_order: Sequence[str],
    temperatures: Sequence[float],
) -> tuple[str, str]:
    """Return the alternative text and the caption of the figure that `draw_temperatures` draws."""
    best = probabilities.argmax()
    read = [
        f"{change_temperature(probabilities[None], temperature)[0, best]:.0%} at {temperature:g}"
        for temperature in temperatures
    ]
    what = "The class probabilities of one test text at several temperatures"
    alt = f"{what}. The likeliest class, {label_order[best]}, has {', '.join(read)}."
    return alt, "A low temperature exaggerates, a high one evens out. The winner stays the winner."


Answers = Mapping[str, tuple[np.ndarray, np.ndarray]]  # kind of model: confidence, whether right


def draw_reliability(parts: Mapping[str, Answers], errors: pd.DataFrame) -> Figure:
    """Draw the share right against the confidence, a panel per part of the data.

    `parts` has for each part the answers of each kind of model: N confidences, and N times whether
    the answer is right. `errors` are their calibration errors, a row per part, a column per kind.
    The last kind is drawn in colour, and the title goes from the first kind's error to its.
    """
    figure, axes = plt.subplots(1, len(parts), figsize=(WIDTH, 4.2), sharex=True, sharey=True)
    lowest = 100.0
    for axis, (part, answers) in zip(axes, parts.items(), strict=True):
        lowest = min(lowest, draw_reliability_panel(axis, answers))
        before, after = 100 * errors.loc[part].iloc[[0, -1]]
        axis.set_title(f"{part}: gap {before:.0f} → {after:.0f} points", size="medium")
        axis.set(xlabel="how sure (%)")
    floor = 20 * (lowest // 20)
    ticks = np.arange(floor, 101, 20)
    axes[0].set(xlim=(floor, 102), ylim=(floor, 102), xticks=ticks, yticks=ticks)
    axes[0].set(ylabel="how often right (%)")
    for axis in axes[1:]:
        axis.tick_params(axis="y", length=0)
    axes[0].legend(loc="upper left")
    return figure


def draw_reliability_panel(axis: Axes, answers: Answers) -> float:
    """Draw the curves of one part, and the diagonal on which sure and right are the same.

    Returns the lowest coordinate of a point, in percent.
    """
    lowest = 100.0
    axis.plot([0, 100], [0, 100], color=DARK, lw=0.8)
    looks = [{"color": "#8c8c8c", "ls": ":", "marker": "s"}] * (len(answers) - 1)
    looks.append({"color": GREEN, "marker": "o"})
    for (kind, (confidence, right)), look in zip(answers.items(), looks, strict=True):
        groups = int(np.clip(len(right) // GROUP, 3, 10))
        sure, true = reliability_curve(confidence, right, groups)
        axis.plot(100 * sure, 100 * true, **look, label=kind)
        lowest = min(lowest, 100 * sure.min(), 100 * true.min())
    return lowest


def reliability_in_words(errors: pd.DataFrame) -> tuple[str, str]:
    """Return the alternative text and the caption of the figure that `draw_reliability` draws."""
    gaps = [
        f"{part} texts, {kind}: {100 * errors.loc[part, kind]:.1f} points"
        for part in errors.index
        for kind in errors.columns
    ]
    alt = f"Reliability diagrams. Mean gaps between sure and right: {'; '.join(gaps)}."
    caption = (
        "On the diagonal, sure and right agree. Below it the model is too sure, above too shy. "
        f"The titles give the mean gap, {errors.columns[0]} → {errors.columns[-1]}."
    )
    return alt, caption


def draw_slices(sliced: pd.DataFrame, accuracy: float) -> Figure:
    """Draw the accuracy of each slice with its interval, from the table of `score_slices`."""
    figure, axis = plt.subplots(figsize=(WIDTH, 1.2 + 0.4 * max(len(sliced), 2)))
    reach = 100 * np.array(
        [sliced["accuracy"] - sliced["low"], sliced["high"] - sliced["accuracy"]]
    )
    places = np.arange(len(sliced))
    is_off = sliced.index.isin(slices_off(sliced, accuracy))
    for members, color, marker in ((~is_off, GREEN, "o"), (is_off, ORANGE, "D")):
        bars = {"xerr": reach[:, members], "fmt": marker, "color": color, "capsize": 3}
        axis.errorbar(100 * sliced["accuracy"][members], places[members], **bars)
    axis.axvline(100 * accuracy, color=DARK, lw=1, ls=":")
    names = [
        f"{name} ({tweets:,})".replace("/", " to\n") for name, tweets in sliced["tweets"].items()
    ]
    axis.set_yticks(places, names)
    set_title(figure, describe_slices(sliced, accuracy))
    axis.set(xlabel="accuracy (%), dotted: all test texts")
    axis.invert_yaxis()
    axis.grid(axis="y", visible=False)
    return figure


def slices_off(sliced: pd.DataFrame, accuracy: float) -> list[str]:
    """Return the slices whose interval does not reach the accuracy on all tweets."""
    is_off = (accuracy < sliced["low"]) | (sliced["high"] < accuracy)
    return list(sliced.index[is_off])


def describe_slices(sliced: pd.DataFrame, accuracy: float) -> str:
    """Say how many slices are off the average by more than the luck of their rows."""
    if sliced.empty:
        return "The test texts are too few for slices"
    off = len(slices_off(sliced, accuracy))
    if not off:
        return "No slice is off the average by more than luck"
    return f"Off the average by more than luck: {off} of {len(sliced)} slices"


def slices_in_words(sliced: pd.DataFrame, accuracy: float) -> tuple[str, str]:
    """Return the alternative text and the caption of the figure that `draw_slices` draws."""
    found = [
        f"{name}: {row.accuracy:.1%} ({row.low:.1%} to {row.high:.1%})"
        for name, row in zip(sliced.index, sliced.itertuples(), strict=True)
    ]
    alt = f"Accuracy by slice. {describe_slices(sliced, accuracy)}. {'; '.join(found)}."
    off = slices_off(sliced, accuracy)
    named = f" Orange: {', '.join(off)}." if off else ""
    return alt, f"Accuracies with 95% intervals; in brackets, the number of texts.{named}"


def draw_contradictions(
    labels: np.ndarray,
    probabilities: np.ndarray,
    suspects: np.ndarray,
) -> Figure:
    """Draw how likely a model finds the label of each of N rows, and the best other class.

    `labels` are ranks, `probabilities` have shape (N, classes), `suspects` are positions of rows.
    """
    own, rival = own_and_rival(labels, probabilities)
    is_suspect = np.isin(np.arange(len(labels)), suspects)
    figure, axis = plt.subplots(figsize=(WIDTH, 4.6))
    for members, color, marker, name in (
        (~is_suspect, GREY, "o", "left alone"),
        (is_suspect, ORANGE, "D", "suspect"),
    ):
        look = {"c": color, "marker": marker, "s": 16, "alpha": 0.7}
        axis.scatter(100 * own[members], 100 * rival[members], **look, label=name)
    axis.plot([0, 50], [0, 50], color=DARK, lw=0.8)
    axis.set(
        title=describe_contradictions(labels, suspects),
        xlabel="probability of its label (%)",
        ylabel="probability of the best other class (%)",
        xlim=(-2, 102),
        ylim=(-2, 102),
    )
    axis.legend()
    return figure


def own_and_rival(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of each row's label, and that of the likeliest other class."""
    rows = np.arange(len(labels))
    others = probabilities.copy()
    others[rows, labels] = 0
    return probabilities[rows, labels], others.max(axis=1)


def describe_contradictions(labels: np.ndarray, suspects: np.ndarray) -> str:
    """Say how many rows are suspect."""
    return f"{len(suspects):,} of {len(labels):,} rows are suspect"


def contradictions_in_words(
    labels: np.ndarray,
    probabilities: np.ndarray,
    suspects: np.ndarray,
) -> tuple[str, str]:
    """Return the alternative text and the caption of the figure by `draw_contradictions`."""
    own, rival = own_and_rival(labels, probabilities)
    above = int((rival > own).sum())
    alt = (
        "A dot per row, by the probability of its label and that of the best other class. "
        f"Rows above the line, where another class is likelier: {above:,}. "
        f"Suspects among them: {len(suspects):,}."
    )
    return alt, "Above the line the model would answer otherwise. Orange: it is sure enough."


def draw_found(curves: Mapping[str, np.ndarray], planted: int) -> Figure:
    """Draw the share of planted rows found against the rows looked at, a line per order.

    Each curve holds the share among the first 0, 1, ... rows; all have the same length. `planted`
    is the number of planted rows, at which a line is drawn.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.8))
    looks = ({"color": GREEN, "lw": 2.5}, {"color": ORANGE, "ls": "--", "lw": 2}, {"color": DARK})
    for (name, curve), look in zip(curves.items(), looks, strict=False):
        axis.plot(100 * curve, **look, label=name)
    axis.axvline(planted, color=DARK, lw=0.8, ls=":")
    first, *_ = curves.values()
    axis.set(
        title=describe_found(first, planted),
        xlabel=f"rows looked at (dotted: {planted}, as many as are planted)",
        ylabel="planted labels found (%)",
        ylim=(0, 102),
    )
    figure.legend(loc="outside lower center", ncol=2)
    return figure


def describe_found(curve: np.ndarray, planted: int) -> str:
    """Say which share is found among as many rows as are planted."""
    return f"{planted:,} rows read, {curve[planted]:.0%} of the planted labels found"


def found_in_words(curves: Mapping[str, np.ndarray], planted: int) -> tuple[str, str]:
    """Return the alternative text and the caption of the figure that `draw_found` draws."""
    reached = [f"{name}: {curve[planted]:.1%}" for name, curve in curves.items()]
    ends = [f"{name}: {curve[-1]:.1%}" for name, curve in curves.items()]
    last = len(next(iter(curves.values()))) - 1
    alt = (
        f"Share of planted labels found. After {planted:,} rows, {'; '.join(reached)}. "
        f"After {last:,}, {'; '.join(ends)}."
    )
    return alt, "The steeper a line starts, the less you have to read."
