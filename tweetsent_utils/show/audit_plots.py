"""Figures of the label audit: readers, scores by class, the ladder, word effects.

Each title states what its data show, whatever they are, and each figure's label says in words what
is drawn. A second series is always that of the published run on the real tweets.
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

from tweetsent_utils.evaluation.label_evidence import BINS
from tweetsent_utils.evaluation.lexicon import NLTK, OLDER, threshold_tree
from tweetsent_utils.show.style import WIDTH, class_colors

GREEN, PURPLE, DARK, FAINT = "#1b7837", "#7b3294", "#222222", "#7fbf7b"
RINGS = {"ls": "", "marker": "o", "mfc": "none", "ms": 9, "color": DARK, "label": "real tweets"}
MOST_IN_LEGEND = 9
LOOKS = [
    {"marker": "o", "color": GREEN},
    {"marker": "s", "color": "#777777"},
    {"marker": "D", "color": PURPLE},
]
STEPS_IN_WORDS = {"as it is": "as they are", OLDER: "with older rules", NLTK: "with the old scorer"}
TITLE_LETTERS = 52  # of a line


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
    figure.set_label(describe_score_by_class(counts, label_names, cuts, explained))
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
    """Return in words what `plot_score_by_class` draws, and where most texts of a class are."""
    counts = np.asarray(counts)
    what = f"Histogram of VADER's score of {counts.sum():,} texts, stacked by class."
    if len(label_names) <= MOST_IN_LEGEND:
        spans = [
            f"{name} from {low:.2f} to {high:.2f}"
            for name, (low, high) in zip(label_names, map(middle_scores, counts), strict=True)
        ]
        what += f" The middle nine tenths of each class: {', '.join(spans)}."
    if not len(cuts):
        return f"{what} No line through the score separates the labels."
    at = ", ".join(f"{cut:.2f}" for cut in cuts)
    return f"{what} Dotted: {at}. Cutting there repeats {explained:.1%} of the labels."


def middle_scores(counts: np.ndarray) -> tuple[float, float]:
    """Return between which edges of the bins the middle nine tenths of a class are."""
    shares = counts.cumsum() / max(counts.sum(), 1)
    low, high = np.searchsorted(shares, [0.05, 0.95])
    return float(BINS[low]), float(BINS[min(high + 1, len(counts))])


def plot_readers(kinds: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw how often each of some readers agrees with the labels, by up to three kinds of reader.

    `kinds` map what a kind does to its readers, and these map names to shares. Each kind has a
    marker and a colour of its own.
    """
    everyone = {name: share for readers in kinds.values() for name, share in readers.items()}
    names = sorted(everyone, key=everyone.get)
    figure, axis = plt.subplots(figsize=(WIDTH, 1.7 + 0.3 * len(names)))
    for (kind, readers), look in zip(kinds.items(), LOOKS, strict=False):
        shares = [100 * share for share in readers.values()]
        rows = [names.index(name) for name in readers]
        axis.hlines(rows, 0, shares, color="#d9d9d9", lw=1.5, zorder=1)
        axis.plot(shares, rows, ls="", ms=8, label=kind, clip_on=False, **look)
        for row, share in zip(rows, shares, strict=True):
            axis.annotate(f"{share:.1f}", (share, row), (9, -4), textcoords="offset points")
    axis.set(yticks=range(len(names)), yticklabels=names, xlim=(0, 115))
    axis.set(xlabel="agreement with the labels (%)", xticks=range(0, 101, 25))
    axis.grid(False)
    figure.legend(loc="outside lower center", ncols=len(kinds), handletextpad=0.3, columnspacing=1)
    title = f"{names[-1][0].upper()}{names[-1][1:]} agrees with the most labels"
    set_title(figure, title)
    each = [
        f"{kind}: {', '.join(f'{name} {share:.1%}' for name, share in readers.items())}"
        for kind, readers in kinds.items()
    ]
    figure.set_label(f"Dots, one for each reader. {title}. By what they do: {'; '.join(each)}.")
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
    known, total = [], 0.0
    for word, column, row in places:
        bare = word.strip(".,;:!?")
        value = values.get(bare.lower())
        middle = column + len(word) / 2
        look = {"ha": "center", "va": "center", "family": "monospace", "fontsize": 14}
        if value is None:
            axis.text(middle, row, word, color="#777777", **look)
            continue
        known.append(f"{bare} {value:+}")
        total += value
        color = colors[0] if value < 0 else colors[-1]
        axis.text(middle, row, word, color="white", bbox={"fc": color, "ec": color}, **look)
        axis.text(middle, row + 0.46, f"{value:+}", ha="center", va="center", color=color)
    axis.set(xlim=(-0.5, most + 0.5), ylim=(row + 0.8, -0.5))
    axis.axis("off")
    title = f"The listed values add up to {total:+.1f}; the score is {score:+.2f}"
    set_title(figure, title)
    figure.set_label(f"“{text}” {title}. Boxes: {', '.join(known) or 'none'}.")
    return figure


def plot_ladder(
    ladder: pd.DataFrame,
    real: Mapping[str, float] | None = None,
    model: tuple[str, float] | None = None,
    name: str = "here",
) -> Figure:
    """Draw how the agreement with the labels changes with each step of cleaning.

    `ladder` has a row per step and the column `train`, a share, and is drawn with its `name`;
    `real` holds the shares of the real tweets, and `model` the name and share of a model to compare
    with, a line.
    """
    here = ladder["train"].to_dict()
    series = {"real tweets": dict(real or {}), name: here}
    steps = list(dict.fromkeys([*here, *series["real tweets"]]))
    figure, axis = plt.subplots(figsize=(WIDTH, 1.7 + 0.36 * len(steps)))
    if model:
        axis.axvline(100 * model[1], color=PURPLE, ls="--", lw=1.2, label=model[0])
    looks = [{"color": DARK, "lw": 2.4, "ms": 8}, {"color": FAINT, "lw": 1.2, "ms": 5}]
    for (label, shares), look in zip(series.items(), looks, strict=True):
        if shares:
            rows = [steps.index(step) for step in shares]
            values = [100 * share for share in shares.values()]
            axis.plot(values, rows, "o-", label=label, clip_on=False, **look)
    axis.set(yticks=range(len(steps)), yticklabels=steps, xlabel="labels repeated (%)")
    axis.invert_yaxis()
    axis.grid(axis="x")
    if real or model:
        figure.legend(loc="outside lower center", ncols=3, columnspacing=1)
    set_title(figure, title_ladder(here, real))
    words = [
        f"{label}: {', '.join(f'{step} {share:.1%}' for step, share in shares.items())}"
        for label, shares in series.items()
        if shares
    ]
    figure.set_label(f"Lines, a dot for each step. {title_ladder(here, real)}. {'; '.join(words)}.")
    return figure


def title_ladder(here: Mapping[str, float], real: Mapping[str, float] | None) -> str:
    """Return from where to where the ladder leads, on the real tweets if there are any."""
    shares = real or here
    first, best = next(iter(shares)), max(reversed(shares), key=shares.get)
    ends = [
        f"{shares[step]:.1%} {STEPS_IN_WORDS.get(step, f'at “{step}”')}" for step in (first, best)
    ]
    return f"{'Real labels' if real else 'Labels'}: {', '.join(dict.fromkeys(ends))}"


def plot_word_effects(by_word: pd.DataFrame, ordered: bool, correlation: float | None) -> Figure:
    """Draw for each word of the list its value there against its mean effect on the model.

    `by_word` has the columns `value`, `mean` and `size`, the number of times it was left out.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.8))
    axis.axhline(0, color="#999999", lw=0.8)
    sizes = 14 * by_word["size"].to_numpy()
    axis.scatter(by_word["value"], by_word["mean"], s=sizes, color=GREEN, alpha=0.5, lw=0)
    odd = find_odd_words(by_word) if correlation is not None else []
    for word in dict.fromkeys([*odd, *pick_words(by_word)]):
        place = (by_word["value"][word], by_word["mean"][word])
        look = {"ha": "center", "weight": "bold" if word in odd else "normal"}
        is_below = word in odd and place[1] < 0  # where there is more room
        offset = (0, -15 if is_below else 7)
        axis.annotate(word, place, offset, textcoords="offset points", **look)
    value = "value" if ordered else "size of the value"
    axis.set(xlabel=f"{value} of the word on the list")
    axis.set(
        ylabel=f"effect on the model's\n{'rank (classes)' if ordered else 'answer (probability)'}"
    )
    axis.margins(0.12)
    title = title_word_effects(len(by_word), ordered, correlation)
    set_title(figure, title)
    figure.set_label(f"{title}. {describe_effects(by_word, odd)}")
    return figure


def find_odd_words(by_word: pd.DataFrame, most: int = 2) -> list[str]:
    """Return the words whose effect is farthest from the line through all, at most so many.

    `by_word` is that of `plot_word_effects`, with two different values or more. A word left out
    more often counts more in the line.
    """
    weights = np.sqrt(by_word["size"].to_numpy(dtype=float))
    line = np.polyfit(by_word["value"], by_word["mean"], 1, w=weights)
    misses = (by_word["mean"] - np.polyval(line, by_word["value"])).abs()
    return misses.sort_values(ascending=False, kind="stable").index[:most].tolist()


def describe_effects(by_word: pd.DataFrame, odd: Sequence[str]) -> str:
    """Return in words which effect good words and bad ones have, and what the odd ones do."""
    parts = [f"Points: {len(by_word)} words of the list"]
    for sort, members in {"below 0": by_word["value"] < 0, "above 0": by_word["value"] > 0}.items():
        if members.any():
            mean = by_word["mean"][members].mean()
            parts.append(f"those with a value {sort} move the answer by {mean:+.2f} on average")
    values, means = by_word["value"], by_word["mean"]
    parts += [f"{word} (value {values[word]:+.1f}) by {means[word]:+.2f}" for word in odd]
    return f"{'; '.join(parts)}."


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


def plot_disagreement(
    shares: Mapping[str, float],
    other: Mapping[str, float],
    name: str = "here",
) -> Figure:
    """Draw the share of some sorts of tweets on which model and rule give different answers.

    `shares` are drawn with their `name`; `other` are those of the real tweets. A sort that is not
    among `shares` is left out.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 1.5 + 0.3 * len(shares)))
    bars = [100 * share for share in shares.values()]
    axis.barh(list(shares), bars, color="#a6dba0", label=name)
    there = {kind: 100 * share for kind, share in other.items() if kind in shares}
    if there:
        axis.plot(list(there.values()), list(there), **RINGS)
        handles, labels = axis.get_legend_handles_labels()
        figure.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=2)
    axis.set(xlabel="texts on which model and rule differ (%)", xlim=(0, None))
    axis.invert_yaxis()
    axis.grid(axis="y", visible=False)
    hardest = max(shares, key=shares.get)
    title = f"Model and rule differ most on: {hardest} ({shares[hardest]:.0%})"
    set_title(figure, title)
    series = {name: shares, "real tweets": {kind: other[kind] for kind in shares if kind in other}}
    words = [
        f"{label}: {', '.join(f'{kind} {share:.0%}' for kind, share in values.items())}"
        for label, values in series.items()
    ]
    figure.set_label(f"Bars and rings, a pair for each kind of text. {title}. {'; '.join(words)}.")
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
    found = []
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
        mixed = int(shares.between(0.1, 0.9).sum())
        rings = f"{mixed} of {len(shares)} rings are between 0.1 and 0.9"
        found.append(f"{name}: {better} fits better; {rings}")
        axis.set_title(f"{name[0].upper()}{name[1:]}: {better} fits better", loc="left")
        axis.set(ylim=(-0.08, 1.08), yticks=[0, 0.5, 1], ylabel="share")
    ticks = [-1, -0.5, 0, 0.5, 1]
    axes[-1, 0].set(xlabel="score of a text by the word list VADER", xticks=ticks)
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3)
    figure.set_label(f"Share of a class along VADER's score, a panel each. {'. '.join(found)}.")
    return figure
