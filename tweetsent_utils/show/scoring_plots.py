"""Figures of what a model has said about a corpus."""

from collections.abc import Sequence

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, PercentFormatter

from tweetsent_utils.show.diagrams import drawable
from tweetsent_utils.show.style import WIDTH, class_colors

MOST_DAYS = 400  # beyond, a figure shows weeks


def plot_corpus(by_day: pd.DataFrame, ordered: bool) -> Figure:
    """Draw each class's share of the answers over time, and below it how many answers there are.

    `by_day` has a row per day (a datetime; NaT for none) and a column per class. Without a day, it
    is one bar for each class.
    """
    dated = by_day[by_day.index.notna()]
    if len(dated) < 2:
        return plot_classes(by_day.sum(), ordered)
    unit = "day"
    if len(dated) > MOST_DAYS:
        dated = dated.resample("W-MON", label="left", closed="left").sum()
        unit = "week"
    total = dated.sum(axis=1)
    dated, total = dated[total > 0], total[total > 0]
    shares = dated.div(total, axis=0)
    colors = class_colors(len(shares.columns), ordered)
    figure, (upper, lower) = plt.subplots(
        2,
        figsize=(WIDTH, 4.6),
        sharex=True,
        height_ratios=[3, 1],
    )
    days = 7 if unit == "week" else 1
    width = pd.Timedelta(days=days)
    bottom = pd.Series(0.0, index=shares.index)
    for name, color in zip(shares, colors, strict=True):
        upper.bar(shares.index, shares[name], width, bottom, color=color, label=drawable(name))
        bottom = bottom + shares[name]
    lower.bar(total.index, total, width, color="#666666")
    upper.set(ylim=(0, 1), ylabel="share")
    upper.yaxis.set_major_formatter(PercentFormatter(1))
    lower.set(ylabel="answers")
    lower.yaxis.set_major_formatter(EngFormatter(sep=""))
    locator = AutoDateLocator(maxticks=7)
    lower.xaxis.set_major_locator(locator)
    lower.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    for axes in (upper, lower):
        axes.grid(visible=False, axis="x")
    title = f"What the model answered, by {unit}"
    figure.suptitle(title, x=0.01, ha="left")
    handles, labels = upper.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 3))
    first, last = shares.iloc[0], shares.iloc[-1]
    words = "; ".join(f"{name} {first[name]:.0%} to {last[name]:.0%}" for name in shares)
    span = f"from {shares.index[0]:%d %b %Y} to {shares.index[-1]:%d %b %Y}"
    figure.set_label(f"Stacked bars. {title}, {span}: {words}.")
    return figure


def plot_classes(counts: pd.Series, ordered: bool) -> Figure:
    """Draw how many answers each class has."""
    figure, axes = plt.subplots(figsize=(WIDTH, 1.4 + 0.45 * len(counts)))
    places = range(len(counts))
    bars = axes.barh(places, counts, 0.65, color=class_colors(len(counts), ordered))
    shares = counts / max(counts.sum(), 1)
    axes.bar_label(bars, [f"{share:.1%}" for share in shares], padding=4)
    axes.set_yticks(places, [drawable(name) for name in counts.index])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set(xlabel="answers")
    title = "What the model answered"
    figure.suptitle(title, x=0.01, ha="left")
    words = "; ".join(f"{name} {share:.1%}" for name, share in shares.items())
    figure.set_label(f"Bars. {title}: {words}.")
    return figure


def plot_memory(curve: Sequence[tuple[int, float]]) -> Figure:
    """Draw the memory that scoring holds beyond its start, in GiB, over the rows that are done."""
    rows, held = zip(*curve, strict=True)
    figure, axes = plt.subplots(figsize=(WIDTH, 2.8))
    axes.plot(rows, held, color="#222222")
    axes.set(xlabel="rows that are scored", ylabel="GiB more than at the start", ylim=(0, None))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    title = "Memory doesn't grow with the file"
    half = len(held) // 2
    if max(held[half:]) > 1.2 * max(held[: max(half, 1)]):
        title = "Memory grows with the file"
    figure.suptitle(title, x=0.01, ha="left")
    figure.set_label(f"A line. {title}: at most {max(held):.2f} GiB over {rows[-1]:,} rows.")
    return figure
