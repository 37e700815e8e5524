"""Figures and tables of the label audit: scores by class, the ladder, word effects, readers.

Each title states what its data show, whatever they are; a second series is always that of the
published run on the real files.
"""

from collections.abc import Mapping, Sequence
from math import ceil
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression

from tweetsent_utils.evaluation.lexicon import threshold_tree
from tweetsent_utils.show.style import WIDTH, class_colors

GREEN, PURPLE, DARK = "#1b7837", "#7b3294", "#222222"
RINGS = {"ls": "", "marker": "o", "mfc": "none", "ms": 9, "color": DARK, "label": "real files"}
MOST_IN_LEGEND = 9
TITLE_LETTERS = 58  # of a line


def set_title(figure: Figure, title: str) -> None:
    """Write a title over a whole figure, from its left edge, in as many lines as it takes."""
    lines = ceil(len(title) / TITLE_LETTERS)
    letters = ceil(len(title) / lines) + 6  # lines of about the same length
    figure.suptitle(fill(title, letters), x=0.01, ha="left", fontsize=12)


def title_score_by_class(cuts: Sequence[float], explained: float) -> str:
    """Return what a word list's score says of the labels, for a title."""
    if not len(cuts):
        return "A word list's score says nothing about these labels"
    where = f"{len(cuts)} lines" if len(cuts) > 1 else "one line"
    return f"A word list's score, cut at {where}, gives {explained:.0%} of the labels"


def plot_score_by_class(
    counts: np.ndarray,
    label_names: Sequence[str],
    ordered: bool,
    cuts: Sequence[float],
    explained: float,
) -> Figure:
    """Draw one histogram of the word list's score, stacked and coloured by class.

    `counts` has the shape (classes, bins), with bins of equal width from -1 to 1. `explained` is
    the share of labels that the `cuts`, drawn as dotted lines, repeat.
    """
    counts = np.asarray(counts)
    edges = np.linspace(-1, 1, counts.shape[1] + 1)
    figure, axis = plt.subplots(figsize=(WIDTH, 3.6))
    colors = class_colors(len(label_names), ordered)
    floors = np.vstack([np.zeros(counts.shape[1]), counts.cumsum(axis=0)])
    for rank, (name, color) in enumerate(zip(label_names, colors, strict=True)):
        axis.stairs(
            floors[rank + 1],
            edges,
            baseline=floors[rank],
            fill=True,
            color=color,
            label=name,
        )
    mark_cuts(axis, cuts)
    height = shorten_highest_bar(axis, floors[-1])
    axis.set(xlim=(-1, 1), ylim=(0, 1.05 * height), xlabel="score of a text by the word list VADER")
    axis.set(ylabel="texts")
    axis.grid(False)
    if ordered and len(cuts) + 1 == len(label_names) <= 5:
        name_stretches(axis, cuts, label_names, colors)
    elif len(label_names) <= MOST_IN_LEGEND:
        figure.legend(loc="outside lower center", ncols=3)
    set_title(figure, title_score_by_class(cuts, explained))
    return figure


def mark_cuts(axis: Axes, cuts: Sequence[float]) -> None:
    """Draw each cut as a dotted line, and name the outermost ones and those next to 0."""
    for cut in cuts:
        axis.axvline(cut, color=DARK, lw=1.1, ls=":")
    ordered = sorted(cuts)
    named = {*ordered[:1], *ordered[-1:]}
    named |= {max((cut for cut in ordered if cut < 0), default=None)}
    named |= {min((cut for cut in ordered if cut >= 0), default=None)}
    ticks = sorted(cut for cut in named if cut is not None)
    axis.set_xticks([-1, *ticks, 1], ["-1", *(f"{cut:.2f}" for cut in ticks), "1"])
    for tick, at in zip(axis.get_xticklabels(), [-1, *ticks, 1], strict=True):
        if 0 < abs(at) < 0.2:  # two that are close stay apart
            tick.set_horizontalalignment("right" if at < 0 else "left")


def shorten_highest_bar(axis: Axes, heights: np.ndarray) -> float:
    """Return the height to draw to; a bar that would dwarf the others is cut there, and counted."""
    second, highest = np.sort(heights)[-2:]
    if second == 0 or highest < 2 * second:
        return max(highest, 1)
    place = int(heights.argmax())
    at = -1 + (place + 0.5) * 2 / len(heights)
    height = 1.25 * second
    axis.annotate(
        f"{highest:,.0f} texts\nnear score 0" if abs(at) < 0.05 else f"{highest:,.0f} texts",
        (at, 1.0 * height),
        (at + (0.09 if at < 0.5 else -0.09), 0.99 * height),
        ha="left" if at < 0.5 else "right",
        va="top",
        arrowprops={"arrowstyle": "->", "color": DARK},
    )
    return height


def name_stretches(
    axis: Axes,
    cuts: Sequence[float],
    label_names: Sequence[str],
    colors: Sequence[str],
) -> None:
    """Write the name of each class over its stretch of the score."""
    edges = [-1, *sorted(cuts), 1]
    for rank, name in enumerate(label_names):
        axis.text(
            (edges[rank] + edges[rank + 1]) / 2,
            1.02,
            name.replace(" ", "\n"),
            transform=axis.get_xaxis_transform(),
            ha="center",
            va="bottom",
            weight="bold",
            color=darken(colors[rank]),
        )


def darken(color: str) -> str:
    """Return a colour dark enough to be read as letters on white."""
    red, green, blue = plt.matplotlib.colors.to_rgb(color)
    return plt.matplotlib.colors.to_hex((0.65 * red, 0.65 * green, 0.65 * blue))


def describe_score_by_class(
    counts: np.ndarray,
    label_names: Sequence[str],
    cuts: Sequence[float],
    explained: float,
) -> str:
    """Return in words what `plot_score_by_class` draws."""
    counts = np.asarray(counts)
    what = f"Histogram of VADER's score of {counts.sum():,} texts, stacked by class"
    few = f": {', '.join(label_names)}" if len(label_names) <= MOST_IN_LEGEND else ""
    if not len(cuts):
        return f"{what}{few}. No line through the score parts the labels."
    at = ", ".join(f"{cut:.2f}" for cut in cuts)
    return f"{what}{few}. Dotted: {at}. Cutting there repeats {explained:.1%} of the labels."


def plot_readers(readers: Mapping[str, float], listless: Mapping[str, float]) -> Figure:
    """Draw how often each of some readers agrees with the labels, and each that reads nothing.

    Both map names to shares; the second ones are drawn in another colour and shape.
    """
    everyone = {**readers, **listless}
    names = sorted(everyone, key=everyone.get)
    figure, axis = plt.subplots(figsize=(WIDTH, 1.3 + 0.3 * len(names)))
    for row, name in enumerate(names):
        look = (
            {"marker": "s", "color": PURPLE}
            if name in listless
            else {"marker": "o", "color": GREEN}
        )
        axis.plot([0, everyone[name]], [row, row], color="#d9d9d9", lw=1.5, zorder=1)
        axis.plot([everyone[name]], [row], ls="", ms=8, clip_on=False, **look)
        axis.annotate(
            f"{everyone[name]:.3f}", (everyone[name], row), (9, -4), textcoords="offset points"
        )
    axis.set(yticks=range(len(names)), yticklabels=names, xlim=(0, 1.12))
    axis.set(xlabel="share of the test labels repeated", xticks=[0, 0.25, 0.5, 0.75, 1])
    axis.grid(False)
    for tick, name in zip(axis.get_yticklabels(), names, strict=True):
        tick.set_color(PURPLE if name in listless else DARK)
    set_title(figure, f"{names[-1][0].upper()}{names[-1][1:]} repeats the most labels")
    return figure


def plot_listed_words(text: str, values: Mapping[str, float], score: float) -> Figure:
    """Draw a text word by word, those of a list in boxes coloured and numbered by their value."""
    letter, line = 0.17, 0.62  # inches
    most = int(WIDTH / letter) - 1
    places, column, row = [], 0, 0
    for word in text.split():
        if column and column + len(word) > most:
            column, row = 0, row + 1
        places.append((word, column, row))
        column += len(word) + 1
    figure, axis = plt.subplots(figsize=(WIDTH, 0.6 + line * (row + 1)))
    colors = class_colors(5)
    known = 0
    for word, column, row in places:
        value = values.get(word.strip(".,;:!?").lower())
        middle = column + len(word) / 2
        look = {"ha": "center", "va": "center", "family": "monospace", "fontsize": 14}
        if value is None:
            axis.text(middle, row, word, color="#777777", **look)
            continue
        known += 1
        color = colors[0] if value < 0 else colors[-1]
        axis.text(middle, row, word, color="white", bbox={"fc": color, "ec": color}, **look)
        axis.text(middle, row + 0.46, f"{value:+}", ha="center", va="center", color=color)
    axis.set(xlim=(-0.5, most + 0.5), ylim=(row + 0.8, -0.5))
    axis.axis("off")
    set_title(figure, f"Of {len(places)} words the list knows {known}; the score is {score:.2f}")
    return figure


def plot_ladder(
    ladder: pd.DataFrame,
    other: Mapping[str, float] | None = None,
    model: tuple[str, float] | None = None,
) -> Figure:
    """Draw how the agreement with the labels changes with each step of cleaning.

    `ladder` has a row per step and the column `train`, a share; `other` holds those of the real
    files, and `model` is the name and share of a model to compare with, a line.
    """
    steps = list(dict.fromkeys([*ladder.index, *(other or {})]))
    figure, axis = plt.subplots(figsize=(WIDTH, 1.5 + 0.34 * len(steps)))
    places = [steps.index(step) for step in ladder.index]
    axis.plot(ladder["train"], places, "o-", color=GREEN, label="these labels", clip_on=False)
    if other:
        places = [steps.index(step) for step in other]
        axis.plot(list(other.values()), places, **RINGS | {"ls": "-", "lw": 0.8}, clip_on=False)
    if model:
        axis.axvline(model[1], color=PURPLE, ls="--", label=model[0])
    axis.set(yticks=range(len(steps)), yticklabels=steps, xlabel="share of the labels repeated")
    axis.invert_yaxis()
    axis.grid(axis="x")
    if other or model:
        figure.legend(loc="outside lower center", ncols=3)
    best = ladder["train"].iloc[::-1].idxmax()
    share = ladder["train"][best]
    set_title(figure, f"The list repeats the most labels at the step “{best}”: {share:.1%}")
    return figure


def plot_word_effects(
    by_word: pd.DataFrame,
    ordered: bool,
    correlation: float | None,
    other: Sequence[tuple[float, float]] = (),
) -> Figure:
    """Draw for each word of the list its value there against its mean effect on the model.

    `by_word` has the columns `value`, `mean` and `size`, the number of times it was left out;
    `other` are the pairs of value and mean effect of the real files.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.8))
    axis.axhline(0, color="#999999", lw=0.8)
    sizes = 14 * by_word["size"].to_numpy()
    axis.scatter(
        by_word["value"], by_word["mean"], s=sizes, color=GREEN, alpha=0.5, lw=0, label="a word"
    )
    if len(other):
        axis.plot(*np.transpose(other), **RINGS | {"ls": "-", "lw": 0.8})
        axis.legend()
    for word in pick_words(by_word):
        place = (by_word["value"][word], by_word["mean"][word])
        axis.annotate(word, place, (0, 7), textcoords="offset points", ha="center")
    value = "value" if ordered else "size of the value"
    axis.set(xlabel=f"{value} of the word on the list")
    axis.set(
        ylabel=f"effect on the model's\n{'rank (classes)' if ordered else 'answer (probability)'}"
    )
    axis.margins(0.1)
    set_title(figure, title_word_effects(len(by_word), ordered, correlation))
    return figure


def pick_words(by_word: pd.DataFrame) -> list[str]:
    """Return the words to be named in a figure: the commonest of each end of the list."""
    common = by_word.sort_values("size", ascending=False, kind="stable")
    named = [common.index[common["value"].round() == value][:1] for value in (-3, -2, 2, 3)]
    return [word for words in named for word in words]


def title_word_effects(words: int, ordered: bool, correlation: float | None) -> str:
    """Return how the words of the list move the model, for a title."""
    if not words:
        return "None of the words left out is on the list"
    if correlation is None:
        return f"Too few words of the list to compare their effects: {words}"
    better = "the better a word on the list" if ordered else "the stronger a word on the list"
    if correlation >= 0.3:
        higher = "the higher the model's answer" if ordered else "the surer the model's answer"
        return f"{better.capitalize()}, {higher} (correlation {correlation:.2f})"
    return f"The list's values say little about the model's answers (correlation {correlation:.2f})"


def plot_disagreement(shares: Mapping[str, float], other: Mapping[str, float]) -> Figure:
    """Draw the share of some sorts of tweets on which model and rule give different answers.

    `other` are those of the real files; a sort that is not among `shares` is left out.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 1.5 + 0.3 * len(shares)))
    axis.barh(
        list(shares), [100 * share for share in shares.values()], color="#a6dba0", label="here"
    )
    there = {name: 100 * share for name, share in other.items() if name in shares}
    if there:
        axis.plot(list(there.values()), list(there), **RINGS)
        handles, names = axis.get_legend_handles_labels()
        figure.legend(handles[::-1], names[::-1], loc="outside lower center", ncols=2)
    axis.set(xlabel="tweets on which model and rule differ (%)", xlim=(0, None))
    axis.invert_yaxis()
    axis.grid(axis="y", visible=False)
    hardest = max(shares, key=shares.get)
    set_title(figure, f"Model and rule differ most on: {hardest} ({shares[hardest]:.0%})")
    return figure


def plot_steps_and_slope(scores: np.ndarray, labellings: Mapping[str, np.ndarray]) -> Figure:
    """Draw the share of a class along the score, with a step and a slope fitted, for labellings.

    `labellings` map a name to which of N texts are in the class, a panel each.
    """
    figure, axes = plt.subplots(
        len(labellings),
        figsize=(WIDTH, 0.9 + 1.9 * len(labellings)),
        sharex=True,
        squeeze=False,
    )
    grid = np.linspace(-1, 1, 401)
    middles = np.linspace(-0.975, 0.975, 40)
    for axis, (name, is_member) in zip(axes[:, 0], labellings.items(), strict=True):
        nearest = np.abs(scores[:, None] - middles).argmin(axis=1)
        shares = pd.Series(is_member.astype(float)).groupby(nearest).mean()
        axis.plot(
            middles[shares.index], shares, "o", color=DARK, mfc="none", label="share of the texts"
        )
        slope = LogisticRegression(C=1e4, max_iter=1000).fit(scores[:, None], is_member)
        axis.plot(
            grid, slope.predict_proba(grid[:, None])[:, 1], "--", color=PURPLE, label="a slope"
        )
        tree = threshold_tree(is_member).fit(scores[:, None], is_member)
        axis.plot(grid, tree.predict_proba(grid[:, None])[:, 1], color=GREEN, label="a step")
        errors = [
            np.square(is_member - fit.predict_proba(scores[:, None])[:, 1]).mean()
            for fit in (tree, slope)
        ]
        better = "a step" if errors[0] < errors[1] else "a slope"
        axis.set_title(f"{name[0].upper()}{name[1:]}: {better} fits better", loc="left")
        axis.set(ylim=(-0.08, 1.08), yticks=[0, 0.5, 1], ylabel="share")
    axes[-1, 0].set(xlabel="score of a text by the word list VADER")
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3)
    return figure


def side_by_side(
    here: pd.DataFrame, there: Mapping[str, Mapping], decimals: int = 3
) -> pd.DataFrame:
    """Return a table of this run next to that of the real files, as text, with gaps left empty.

    Both have a row per name; only the columns of `here` are shown. Whole numbers stay whole.
    """
    tables = {}
    other = pd.DataFrame.from_dict(there, orient="index")
    other = other[[column for column in here if column in other]]
    for place, table in {"here": here, "real files": other}.items():
        forms = {
            column: "{:,}" if table[column].dtype.kind == "i" else f"{{:.{decimals}f}}"
            for column in table
        }
        tables[place] = pd.DataFrame(
            {name: table[name].map(form.format) for name, form in forms.items()}
        )
    names = dict.fromkeys([*here.index, *other.index])
    return pd.concat(tables, axis=1).reindex(list(names)).fillna("")
