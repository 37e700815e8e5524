"""The figures of notebook 03: what fine-tuning does, a schedule, a training's curves, a scale."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from tweetsent_utils.show.style import SPLIT_STYLES, WIDTH, class_colors

INK = "#222222"
QUIET = "#8c8c8c"
PALE = "#eeeeee"
BACKWARD = "#b35806"  # whatever flows back from the loss


def draw_fine_tuning(
    words: Sequence[str],
    label_order: Sequence[str],
    logits: Sequence[float],
    true_label: int,
) -> Figure:
    """Draw how a tweet's tokens become logits and a loss, and where the gradient flows back.

    `words` are a few tokens, `logits` one number per label. From below: tokens, encoder, head,
    logits, loss.
    """
    rows = len(label_order)
    top = 5.3 + 0.45 * rows
    figure, axes = plt.subplots(figsize=(WIDTH, 0.72 * top))
    axes.set(xlim=(0, 10), ylim=(0, top + 0.9))
    axes.axis("off")
    draw_tokens(axes, words)
    draw_box(axes, (0.2, 1.75), 7.6, 0.85, "encoder: has read much text", PALE)
    draw_box(axes, (0.2, 3.15), 7.6, 0.75, "head: random weights", "#fde6cf")
    draw_box(axes, (0.2, 4.35), 7.6, 0.45 * rows + 0.15, "", "white")
    draw_logits(axes, label_order, logits, true_label, lowest=4.65)
    name = label_order[true_label]
    draw_box(axes, (0.2, top - 0.1), 7.6, 0.75, f"loss: how improbable was {name}?", "white")
    for start, end in ((1.2, 1.75), (2.6, 3.15), (3.9, 4.35), (4.5 + 0.45 * rows, top - 0.1)):
        draw_arrow(axes, (0.9, start), (0.9, end), INK)
    draw_arrow(axes, (8.9, top + 0.27), (8.9, 3.5), BACKWARD, start_at=7.8, end_at=7.8)
    draw_arrow(axes, (8.9, 3.5), (8.9, 2.15), BACKWARD, end_at=7.8)
    axes.text(9.1, (top + 3.5) / 2, "gradient", color=BACKWARD, rotation=270, va="center")
    return figure


def draw_tokens(axes: Axes, words: Sequence[str]) -> None:
    """Draw a tweet's tokens in a row."""
    width = 7.6 / len(words)
    for place, word in enumerate(words):
        draw_box(axes, (0.2 + place * width, 0.55), width - 0.12, 0.65, word, "white")
    axes.text(0.2, 0.2, "the tokens of one tweet", color=QUIET, va="center")


def draw_logits(
    axes: Axes,
    label_order: Sequence[str],
    logits: Sequence[float],
    true_label: int,
    lowest: float,
) -> None:
    """Draw one bar per label, from `lowest` upwards, with the true label in bold."""
    colors = class_colors(len(label_order))
    longest = max(abs(logit) for logit in logits)
    heights = [lowest + 0.45 * (len(label_order) - 1 - place) for place in range(len(label_order))]
    for place, (label, logit, height) in enumerate(zip(label_order, logits, heights, strict=True)):
        axes.barh(height, 1.3 * logit / longest, 0.36, left=6.4, color=colors[place])
        weight = "bold" if place == true_label else "normal"
        axes.text(4.9, height, label, ha="right", va="center", weight=weight)
    axes.plot([6.4, 6.4], [lowest - 0.25, heights[0] + 0.25], color=QUIET, lw=0.8)


def draw_box(
    axes: Axes,
    corner: tuple[float, float],
    width: float,
    height: float,
    text: str,
    color: str,
    fontsize: float = 11,
) -> None:
    """Draw a rounded box with a text in it."""
    box = FancyBboxPatch(
        corner,
        width,
        height,
        boxstyle="round,pad=0,rounding_size=0.08",
        facecolor=color,
        edgecolor=INK,
        linewidth=1,
    )
    axes.add_patch(box)
    middle = (corner[0] + width / 2, corner[1] + height / 2)
    axes.text(*middle, text, ha="center", va="center", fontsize=fontsize)


def draw_arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    color: str,
    start_at: float | None = None,
    end_at: float | None = None,
) -> None:
    """Draw an arrow. With `start_at` and `end_at`, it comes from there and turns to there."""
    if start_at is not None:
        axes.plot([start_at, start[0]], [start[1], start[1]], color=color, linewidth=1.5)
    if end_at is not None:
        axes.plot([start[0], end[0]], [start[1], end[1]], color=color, linewidth=1.5)
        start, end = (end[0], end[1]), (end_at, end[1])
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=14, color=color, linewidth=1.5)
    )


def plot_schedules(schedules: Mapping[str, Sequence[float]], title: str) -> Figure:
    """Plot learning rates by step, a line for each named schedule, the first of them dashed."""
    figure, axes = plt.subplots(figsize=(WIDTH, 2.9))
    looks = [{"color": QUIET, "ls": "--"}, {"color": INK}]
    for (name, rates), look in zip(schedules.items(), looks, strict=False):
        axes.plot(range(1, len(rates) + 1), rates, **look, label=name)
        axes.plot(len(rates), rates[-1], "o", color=look["color"])
    axes.set(xlabel="training step", ylabel="learning rate", title=title, ylim=(0, None))
    axes.ticklabel_format(axis="y", style="plain")
    axes.yaxis.set_major_formatter("{x:.0e}")
    axes.legend(loc="lower center")
    return figure


def plot_curves(steps: pd.DataFrame, name: str) -> Figure:
    """Plot a training: the loss of its batches and of validation, its scores and its learning rate.

    `steps` has a row per step, with the columns of a run's `history.csv`; validation figures are
    there where an epoch ended.
    """
    figure, (losses, scores, rates) = plt.subplots(
        3, 1, figsize=(WIDTH, 6.6), sharex=True, height_ratios=(3, 2, 1.3)
    )
    smooth, window = smooth_losses(steps)
    losses.plot(steps["step"], steps["train_loss"], color="#bbbbbb", lw=0.7, label="each batch")
    if window > 1:
        label = f"mean of {window} batches"
        losses.plot(steps["step"], smooth, **SPLIT_STYLES["train"], label=label)
    ends = steps.dropna(subset="validation_loss").set_index("step")
    look = SPLIT_STYLES["validation"] | {"marker": "o"}
    if len(ends) < 3:
        look["linestyle"] = ""  # two points are no curve
    losses.plot(ends["validation_loss"], **look, label="validation, after each epoch")
    losses.set(ylabel="loss (nats)", ylim=(0, None), title=title_of(name, ends))
    losses.legend()
    scores.plot(ends["validation_accuracy"], **look, label="accuracy")
    scores.plot(
        ends["validation_macro_f1"],
        **look | {"color": "#c2a5cf", "marker": "s"},
        label="macro-F1",
    )
    scores.set(ylabel="validation score")
    scores.legend(loc="lower right")
    rates.plot(steps["step"], steps["learning_rate"], **SPLIT_STYLES["train"])
    rates.set(ylabel="learning\nrate", xlabel="training step", ylim=(0, None))
    figure.align_ylabels()
    return figure


def smooth_losses(steps: pd.DataFrame) -> tuple[pd.Series, int]:
    """Return the running mean of a training's losses, and over how many batches it is."""
    window = max(len(steps) // 40, 1)
    return steps["train_loss"].rolling(window, center=True, min_periods=1).mean(), window


def title_of(name: str, ends: pd.DataFrame) -> str:
    """Return what the curves of a training show, by the validation figures of its epochs."""
    best = ends["validation_accuracy"].max()
    if len(ends) > 1 and ends["validation_loss"].iloc[-1] > ends["validation_loss"].min():
        return f"{name}: validation loss has stopped falling"
    return f"{name}: validation accuracy reaches {best:.2f}"


def describe_curves(steps: pd.DataFrame) -> str:
    """Return in words what `plot_curves` shows."""
    ends = steps.dropna(subset="validation_loss")
    smooth, _ = smooth_losses(steps)
    epochs = ", ".join(f"{value:.2f}" for value in ends["validation_accuracy"])
    peak = int(steps.loc[steps["learning_rate"].idxmax(), "step"])
    return (
        "Three panels by training step. The running mean of the train loss goes from"
        f" {smooth.iloc[0]:.2f} to {smooth.iloc[-1]:.2f} nats in {len(steps):,}"
        f" step{'s' if len(steps) != 1 else ''}. Validation accuracy after each epoch: {epochs}."
        f" The learning rate has its peak at step {peak:,} and ends at"
        f" {steps['learning_rate'].iloc[-1]:.1e}."
    )


def plot_scale(accuracies: Mapping[str, float], ours: str) -> Figure:
    """Plot accuracies as bars, that of `ours` in the colour of validation."""
    figure, axes = plt.subplots(figsize=(WIDTH, 0.9 + 0.45 * len(accuracies)))
    color = SPLIT_STYLES["validation"]["color"]
    colors = [color if name == ours else "#bdbdbd" for name in accuracies]
    bars = axes.barh(list(accuracies), list(accuracies.values()), color=colors)
    axes.bar_label(bars, fmt="%.2f", padding=4)
    axes.invert_yaxis()
    axes.grid(False)
    axes.set(title=title_of_scale(accuracies, ours), xlabel="validation accuracy", xlim=(0, 1.05))
    return figure


def title_of_scale(accuracies: Mapping[str, float], ours: str) -> str:
    """Return what the scale says about ours: what it is ahead of, or behind."""
    others = {name: value for name, value in accuracies.items() if name != ours}
    best = max(others, key=others.get)
    points = 100 * (accuracies[ours] - others[best])
    if round(points) == 0:
        return f"Level with the {best}"
    side = "ahead of" if points > 0 else "behind"
    count = abs(round(points))
    return f"{count} point{'s' if count != 1 else ''} {side} the {best}"
