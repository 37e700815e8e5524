"""Figures of what a file holds: classes, lengths, days, and what padding costs.

Each function returns a figure whose title is true of any data, and whose label says in words what
it shows: its alternative text.
"""

import math
import textwrap
from collections.abc import Sequence

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from tweetsent_utils.data.dates import order_in_time
from tweetsent_utils.show.diagrams import drawable
from tweetsent_utils.show.style import SPLIT_STYLES, WIDTH, class_colors

QUIET = "#a6a6a6"
STRONG = "#222222"
MOST_LETTERS = 60  # of a title, in a line
MOST_SPELLS = 3
READERS = {  # what a bar looks like, by what its reader does
    "reads nothing": {"facecolor": "white", "edgecolor": "#666666", "hatch": "///"},
    "reads sentences": {"facecolor": QUIET},
    "looks up words": {"facecolor": STRONG},
}


def plot_agreement(agreement: pd.DataFrame) -> Figure:
    """Draw as bars which share of the labels each reader agrees with, marked by how it answers.

    `agreement` is a table as `read_agreement` returns it.
    """
    shares, kinds = 100 * agreement["share"], agreement["how"]
    readers, look_ups = shares[kinds == "reads sentences"], shares[kinds == "looks up words"]
    title = "The best reader agrees with the most labels"
    if look_ups.max() > readers.max():
        title = "GPT-4 fails where a look-up of words succeeds"
    figure, axes = plt.subplots(figsize=(WIDTH, 1.4 + 0.5 * len(agreement)))
    bars = axes.barh(list(agreement.index), shares, height=0.65)
    for bar, kind in zip(bars, kinds, strict=True):
        bar.set(**READERS[kind])
    axes.bar_label(bars, fmt="{:.1f}%", padding=4)
    axes.set(xlabel="agreement with the labels (%)", xlim=(0, 118))
    axes.set_xticks([0, 25, 50, 75, 100])
    patches = [Patch(**look, label=kind) for kind, look in READERS.items()]
    legend = {"loc": "outside lower center", "ncols": len(patches), "columnspacing": 1.2}
    figure.legend(handles=patches, **legend)
    finish_bars(figure, axes, title, len(agreement))
    words = "; ".join(
        f"{reader} ({kind}) {share:.1f}%"
        for reader, share, kind in zip(agreement.index, shares, kinds, strict=True)
    )
    figure.set_label(f"Bars. {title}. Agreement with the labels: {words}.")
    return figure


def plot_class_shares(
    labels: dict[str, pd.Series],
    label_names: Sequence[str],
    ordered: bool,
) -> Figure:
    """Draw each class's share of the files, the first file's bars filled and the second's hollow.

    `labels` holds the ranks of each file's tweets; a file without a tweet is left out.
    """
    shares = class_shares(labels, label_names)
    first = shares.iloc[:, 0]
    title = name_largest_and_smallest(first)
    colors = class_colors(len(label_names), ordered)
    looks = [{"color": colors}, {"facecolor": "white", "edgecolor": colors, "linewidth": 1.5}]
    offsets = (-0.2, 0.2) if len(shares.columns) == 2 else (0,)
    decimals = percent_decimals(shares)
    figure, axes = plt.subplots(figsize=(WIDTH, 1.5 + 0.45 * len(label_names)))
    for split, offset, look in zip(shares, offsets, looks, strict=False):
        places = [place + offset for place in range(len(label_names))]
        bars = axes.barh(places, shares[split], 0.35, **look)
        axes.bar_label(bars, fmt=f"{{:.{decimals}%}}", padding=4)
    axes.set(xlabel="share of the file's texts")
    axes.set_yticks(range(len(label_names)), [drawable(name) for name in label_names])
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=decimals))
    axes.margins(x=0.12)
    patches = [
        Patch(color="#666666", label=shares.columns[0]),
        Patch(facecolor="white", edgecolor="#666666", linewidth=1.5, label=shares.columns[-1]),
    ]
    if len(shares.columns) == 2:
        figure.legend(handles=patches, loc="outside lower center", ncols=2)
    finish_bars(figure, axes, title, len(label_names))
    figure.set_label(f"Bars for each class. {title}. {in_words(first)}.")
    return figure


def plot_lengths(
    lengths: dict[str, pd.DataFrame],
    labels: pd.Series,
    label_names: Sequence[str],
    ordered: bool,
) -> Figure:
    """Draw how many tokens tweets have, and below it how many words those of each class have.

    `lengths` holds tables of `measure_lengths` by split; `labels` are the ranks of the train rows.
    """
    train = lengths["train"]
    half, most = (int(train["tokens"].quantile(share)) for share in (0.5, 0.95))
    title = f"Half the texts have at most {half} tokens, 95% at most {most}"
    by_class = train["words"].groupby(labels).mean().reindex(range(len(label_names)))
    named = by_class.set_axis([drawable(name) for name in label_names])
    second = name_longest_and_shortest(named, ordered)
    heights = (2.6, 1.2 + 0.4 * len(label_names))
    figure = plt.figure(figsize=(WIDTH, sum(heights)))
    upper, lower = figure.subfigures(2, height_ratios=heights)
    upper.suptitle(break_title(title), x=0.01, ha="left", fontsize=12)
    lower.suptitle(break_title(second), x=0.01, ha="left", fontsize=12)
    above, below = upper.subplots(), lower.subplots()
    for split, table in lengths.items():
        if len(table):
            above.ecdf(table["tokens"], **SPLIT_STYLES[split], linewidth=2, label=split)
    above.axhline(0.95, color="#999999", linewidth=1)
    above.set(xlabel="tokens", ylabel="share of texts\nat most this long", xlim=(0, None))
    above.set(ylim=(0, 1.02))
    above.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    above.legend(loc="lower right")
    colors = class_colors(len(label_names), ordered)
    bars = below.barh(range(len(label_names)), by_class, 0.65, color=colors)
    below.bar_label(bars, fmt="{:.1f}", padding=4)
    below.set(xlabel="words per training text (mean)")
    below.set_yticks(range(len(label_names)), named.index)
    below.margins(x=0.12)
    below.grid(False)
    put_first_on_top(below, len(label_names))
    words = ", ".join(f"{name} {words:.1f}" for name, words in named.dropna().items())
    what = "Above, a curve of the lengths in tokens; below, bars of the mean number of words"
    figure.set_label(f"{what}. {title}. {second}: {words}.")
    return figure


def plot_days(days: dict[str, pd.Series]) -> Figure:
    """Draw the number of tweets per day of each split; days that are not known are left out."""
    title = order_in_time(days["train"], days["test"])
    known = {split: part.dropna() for split, part in days.items() if part.notna().any()}
    figure, axes = plt.subplots(figsize=(WIDTH, 3 if known else 0.5))
    for split, part in known.items():
        per_day = part.dt.normalize().value_counts().sort_index().asfreq("D", fill_value=0)
        axes.plot(per_day.index, per_day, **SPLIT_STYLES[split], lw=2, marker=".", label=split)
    if known:
        dates = pd.concat(known.values())
        calendar = pd.date_range(dates.min().normalize(), dates.max().normalize())
        axes.set_xticks(calendar[:: math.ceil(len(calendar) / 4)])
        axes.xaxis.set_major_formatter(DateFormatter("%d %b %Y"))
        axes.set(ylabel="texts per day", ylim=(0, None))
        axes.legend()
    else:
        axes.axis("off")
    figure.suptitle(break_title(title), x=0.01, ha="left", fontsize=12)
    spans = [f"{split} {days_in_words(part)}" for split, part in known.items()]
    figure.set_label(f"Lines of the texts per day. {title}. {'; '.join(spans) or 'No line'}.")
    return figure


def days_in_words(days: pd.Series) -> str:
    """Return the first and the last of some days, and when most texts were written.

    A busy spell is made of days in a row that each have at least twice the median day's texts.
    """
    per_day = days.dt.normalize().value_counts().sort_index().asfreq("D", fill_value=0)
    span = f"from {days.min():%d %b %Y} to {days.max():%d %b %Y}"
    is_busy = per_day >= 2 * max(per_day.median(), 1)
    spell = (is_busy != is_busy.shift()).cumsum()[is_busy]
    spells = [
        f"{dates.min():%d %b} to {dates.max():%d %b}"
        for dates in spell.groupby(spell).groups.values()
    ]
    if not 1 <= len(spells) <= MOST_SPELLS:
        return f"{span}, at most {per_day.max():,} a day"
    return f"{span}, at most {per_day.max():,} a day, busy from {' and from '.join(spells)}"


def plot_padding_cost(cost: dict[str, float], highlighted: str) -> Figure:
    """Draw how many positions a model computes per token under some ways of making batches."""
    title = f"{highlighted} compute {cost[highlighted]:.2f} positions per token"
    title = title[0].upper() + title[1:]
    figure, axes = plt.subplots(figsize=(WIDTH, 1.1 + 0.42 * len(cost)))
    colors = [STRONG if name == highlighted else QUIET for name in cost]
    bars = axes.barh(list(cost), list(cost.values()), color=colors, height=0.65)
    axes.bar_label(bars, fmt="%.2f", padding=4)
    axes.axvline(1, color=STRONG, linewidth=1)
    axes.set(xlabel="positions computed per token (1: no padding)")
    axes.margins(x=0.12)
    finish_bars(figure, axes, title, len(cost))
    values = ", ".join(f"{name} {value:.2f}" for name, value in cost.items())
    figure.set_label(f"Bars. {title}. Positions per token: {values}.")
    return figure


def class_shares(labels: dict[str, pd.Series], label_names: Sequence[str]) -> pd.DataFrame:
    """Return each class's share of each split that has tweets: a row per class, by its name."""
    shares = {
        split: ranks.value_counts(normalize=True) for split, ranks in labels.items() if len(ranks)
    }
    table = pd.DataFrame(shares).reindex(range(len(label_names))).fillna(0)
    return table.set_axis([str(name) for name in label_names])


def percent_decimals(shares: pd.DataFrame) -> int:
    """Return how many decimals percentages need to be told apart: one if all are small."""
    return 0 if shares.max(axis=None) > 0.1 else 1


def put_first_on_top(axes: Axes, bars: int) -> None:
    """Turn the axis of some horizontal bars around, without room above and below them."""
    axes.set_ylim(bars - 0.45, -0.55)


def finish_bars(figure: Figure, axes: Axes, title: str, bars: int) -> None:
    """Put the first bar on top and the title at the figure's left edge, above the bars' names."""
    put_first_on_top(axes, bars)
    axes.grid(False)
    figure.suptitle(break_title(drawable(title)), x=0.01, ha="left", fontsize=12)


def break_title(title: str) -> str:
    r"""Return a title in as few lines as it needs, of about the same length.

    >>> break_title("The first of the classes is the largest one, and the second the smallest")
    'The first of the classes is the largest\none, and the second the smallest'
    """
    lines = textwrap.wrap(title, MOST_LETTERS)
    widths = range(1, MOST_LETTERS)
    narrower = (textwrap.wrap(title, width, break_long_words=False) for width in widths)
    return "\n".join(next((found for found in narrower if len(found) <= len(lines)), lines))


def name_largest_and_smallest(shares: pd.Series) -> str:
    """Say which of some classes is the largest and which the smallest, or how many share that."""
    most, least = (list(shares.index[shares == share]) for share in (shares.max(), shares.min()))
    if len(most) == len(shares):
        return f"All {len(shares)} classes are equally large"
    is_largest = "is the largest class" if len(most) == 1 else "are the largest classes"
    return f"{name_few(most)} {is_largest}, {name_few(least)} the smallest"


def name_longest_and_shortest(words: pd.Series, ordered: bool) -> str:
    """Say which classes have the longest and the shortest texts, given their mean words by name.

    A class without a text has a mean of NaN, and is left out. Of an order, both ends are named as
    the extremes if they are the two longest.
    """
    known = words.dropna().sort_values(ascending=False, kind="stable")
    most, least = (list(known.index[known == mean]) for mean in (known.max(), known.min()))
    if len(most) == len(known):
        return "The texts of all classes are equally long"
    extremes = {words.index[0], words.index[-1]}
    if (
        ordered
        and len(known) > 2
        and set(known.index[:2]) == extremes
        and known.iloc[1] > known.iloc[2]
    ):
        return f"The extremes are longest, {name_few(least)} shortest"
    return f"{name_few(most)} texts are longest, {name_few(least)} shortest"


def name_few(names: Sequence[str]) -> str:
    """Return one or two names as they are, and of more how many they are.

    >>> name_few(["low", "high"]), name_few(["low", "middle", "high"])
    ('low and high', '3 classes')
    """
    return " and ".join(names) if len(names) < 3 else f"{len(names)} classes"


def in_words(shares: dict[str, float] | pd.Series) -> str:
    """Return shares as one text, such as "low 12.5%, high 87.5%"."""
    return ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
