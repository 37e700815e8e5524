"""Figures that compare runs: their curves, and how much of a score may be luck."""

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure, SubFigure

from tweetsent_utils.evaluation.comparison import shorten_names, training_curves
from tweetsent_utils.evaluation.uncertainty import standard_error
from tweetsent_utils.show.style import WIDTH

# Six colours that colour-blind readers tell apart, first with solid lines, then with dashed ones.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
RUN_STYLES = [
    {"color": color, "linestyle": linestyle, "marker": marker}
    for linestyle, marker in (("-", "o"), ("--", "s"))
    for color in COLORS
]
LINE = 54  # characters of a title that fit
Z95 = 1.96  # standard errors to either side that hold 95 of 100 draws


def plot_curves(
    histories: Mapping[str, pd.DataFrame],
    table: pd.DataFrame,
    task: pd.Series,
) -> Figure:
    """Draw smoothed train loss and validation accuracy by the share of the training that is done.

    Each task has panels of its own, since scores of different tasks do not compare. `histories`
    are those of `read_runs`, `table` ranks the runs (`rank_runs`), and `task` numbers their tasks
    (`number_tasks`). The best twelve runs are drawn, a better one with a wider line.
    """
    drawn = list(table.index[: len(RUN_STYLES)])
    styles = dict(zip(drawn, RUN_STYLES, strict=False))
    groups = task[drawn].groupby(task[drawn]).groups
    of_task = {number: list(names) for number, names in groups.items()}
    heights = [2.9 + 0.24 * len(names) for names in of_task.values()]
    figure = plt.figure(figsize=(WIDTH, sum(heights)))
    parts = figure.subfigures(len(of_task), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, (number, names) in zip(parts, of_task.items(), strict=True):
        set_title(part, curves_title(number, table.loc[names, "validation_accuracy"]))
        draw_task(part, {name: histories[name] for name in names}, styles)
    return figure


def draw_task(
    part: SubFigure,
    histories: Mapping[str, pd.DataFrame],
    styles: Mapping[str, Mapping],
) -> None:
    """Draw the curves of one task's runs: loss at the left, accuracy at the right."""
    loss_axis, score_axis = part.subplots(1, 2)
    short = shorten_names(styles)
    widths = np.linspace(2.4, 1, len(histories))
    for (name, history), width in zip(histories.items(), widths, strict=True):
        style = styles[name]
        smooth, accuracy = training_curves(history)
        loss_axis.plot(smooth, **style | {"marker": ""}, linewidth=width)
        marker_size = 3 + 2 * width  # so that one of two equal runs shows beneath the other
        score_axis.plot(
            accuracy,
            **style,
            label=short[name],
            linewidth=width,
            markersize=marker_size,
        )
    loss_axis.set(title="train loss (nats)", ylim=(0, None))
    score_axis.set(title="validation accuracy")
    for axis in (loss_axis, score_axis):
        axis.title.set_fontsize(11)
        axis.set(xlabel="share of training (%)", xlim=(0, 103))
    part.legend(loc="outside lower left", ncols=1)


def curves_title(number: int, accuracy: pd.Series) -> str:
    """Return what the curves of a task's ranked runs show: who is ahead, and of whom."""
    short = shorten_names(accuracy.index)
    first, low, high = short[accuracy.index[0]], accuracy.min(), accuracy.max()
    if len(accuracy) == 1:
        return f"Task {number}: {first} ends at {high:.2f}"
    last = short[accuracy.index[-1]]
    return f"Task {number}: {first} {high:.2f}, {last} {low:.2f}"


def describe_curves(
    histories: Mapping[str, pd.DataFrame],
    table: pd.DataFrame,
    task: pd.Series,
) -> str:
    """Return the figure of `plot_curves` in words."""
    short = shorten_names(table.index)
    drawn = task[table.index[: len(RUN_STYLES)]]
    sentences = []
    for number, names in drawn.groupby(drawn).groups.items():
        parts = []
        for name in names:
            smooth, accuracy = training_curves(histories[name])
            loss = f"train loss from {smooth.iloc[0]:.3f} to {smooth.iloc[-1]:.3f}"
            first, last = accuracy.iloc[0], accuracy.iloc[-1]
            share = f"{accuracy.index[0]:.0f}%"
            scores = f"validation accuracy from {first:.3f} at {share} to {last:.3f}"
            parts.append(f"{short[name]}: {loss}, {scores}")
        what = f"Task {number}, two panels by the share of the training"
        sentences.append(f"{what}. {'; '.join(parts)}.")
    return " ".join(sentences)


def plot_seeds(accuracies: pd.Series, rows: int) -> Figure:
    """Draw one accuracy per seed, with the 95% interval that a number of `rows` leaves it.

    `accuracies` are indexed by the seed.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 1.9 + 0.4 * len(accuracies)))
    margins = [Z95 * standard_error(accuracy, rows) for accuracy in accuracies]
    places = np.arange(len(accuracies))
    axis.errorbar(
        accuracies,
        places,
        xerr=margins,
        fmt="o",
        color=COLORS[0],
        capsize=4,
        markersize=9,
    )
    axis.axvline(accuracies.mean(), color="#222222", linestyle=":", linewidth=1.5)
    axis.set_yticks(places, [f"seed {seed}" for seed in accuracies.index])
    axis.set(xlabel="validation accuracy", ylim=(len(accuracies) - 0.5, -0.5))
    axis.grid(visible=True, axis="x")
    gap = 100 * (accuracies.max() - accuracies.min())
    set_title(figure, f"Same settings, {len(accuracies)} seeds: {gap:.1f} points apart")
    return figure


def describe_seeds(accuracies: pd.Series) -> str:
    """Return the figure of `plot_seeds` in words."""
    listed = ", ".join(f"{score:.3f} with seed {seed}" for seed, score in accuracies.items())
    gap = 100 * (accuracies.max() - accuracies.min())
    return f"A dot with a bar per seed: {listed}. They are {gap:.1f} points apart."


def plot_margins(accuracy: float, rows: int) -> Figure:
    """Draw how far luck moves an accuracy, by the number of rows that it is measured on.

    The dot is the accuracy that was measured on `rows` rows.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.7))
    counts = np.geomspace(min(50, rows), max(20_000, rows), 200)
    axis.plot(counts, margin_points(accuracy, counts), color=COLORS[0], linewidth=2.4)
    margin = margin_points(accuracy, rows)
    axis.plot(rows, margin, "o", color=COLORS[1], markersize=10)
    is_at_the_right = rows > 2000
    axis.annotate(
        f"{rows:,} rows: ± {margin:.1f}",
        (rows, margin),
        xytext=(0, 28) if is_at_the_right else (10, 10),
        textcoords="offset points",
        ha="center" if is_at_the_right else "left",
        color=COLORS[1],
        fontweight="bold",
    )
    axis.set(xscale="log", xlabel="rows that were scored", ylabel="95% interval: ± points")
    axis.set_ylim(0, None)
    axis.xaxis.set_major_formatter(lambda count, _: f"{count:,.0f}")
    title = f"{accuracy:.2f} on {rows:,} rows is known to ± {margin:.1f} points"
    set_title(figure, title)
    return figure


def describe_margins(accuracy: float, rows: int) -> str:
    """Return the figure of `plot_margins` in words."""
    ends = [
        f"± {margin_points(accuracy, count):.1f} points at {count:,} rows"
        for count in (min(50, rows), max(20_000, rows))
    ]
    here = f"± {margin_points(accuracy, rows):.1f} points at the {rows:,} rows"
    return f"A curve that falls from {ends[0]} to {ends[1]}; a dot marks {here} of the best run."


def margin_points(accuracy: float, rows: np.ndarray | float) -> np.ndarray | float:
    """Return half the width of an accuracy's 95% interval, in points of a hundred."""
    return 100 * Z95 * standard_error(accuracy, rows)


def plot_by_seed(accuracies: pd.DataFrame, parameter: str) -> Figure:
    """Draw a line per seed through the accuracies of a parameter's values.

    `accuracies` have a row per seed and a column per value, as `read_sweep` returns them.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.9))
    places = np.arange(len(accuracies.columns))
    for (seed, line), style in zip(accuracies.iterrows(), RUN_STYLES, strict=False):
        axis.plot(places, line, **style, label=f"seed {seed}", linewidth=2, markersize=8)
    means = accuracies.mean()
    axis.plot(places, means, "_", color="#222222", markersize=34, markeredgewidth=2.5, label="mean")
    axis.set_xticks(places, [str(value) for value in accuracies.columns])
    axis.set(xlabel=parameter, ylabel="validation accuracy", xlim=(-0.5, len(places) - 0.5))
    axis.legend()
    set_title(figure, by_seed_title(accuracies, parameter))
    return figure


def by_seed_title(accuracies: pd.DataFrame, parameter: str) -> str:
    """Return whether the seeds agree on a parameter's best value."""
    best = accuracies.idxmax(axis=1)
    first, seeds = accuracies.mean().idxmax(), len(accuracies)
    agree = int((best == first).sum())
    if agree == seeds:
        who = {1: "the one seed ranks", 2: "both seeds rank"}
        return f"{parameter}: {who.get(seeds, f'all {seeds} seeds rank')} {first} first"
    return f"{parameter}: {first} is first on average, and for {agree} of {seeds} seeds"


def describe_by_seed(accuracies: pd.DataFrame, parameter: str) -> str:
    """Return the figure of `plot_by_seed` in words."""
    lines = {f"seed {seed}": line for seed, line in accuracies.iterrows()}
    lines["mean"] = accuracies.mean()
    described = [
        f"{name}: " + ", ".join(f"{value} {score:.3f}" for value, score in line.items())
        for name, line in lines.items()
    ]
    return f"A line per seed over the values of {parameter}. " + "; ".join(described) + "."


def set_title(figure: Figure | SubFigure, title: str) -> None:
    """Give a figure, or a part of one, a title at the left, in lines that fit."""
    figure.suptitle(textwrap.fill(title, LINE), x=0.01, ha="left", fontsize=12)
