"""The look of the figures: one style, one colour per class in every figure, one line style per split."""

import matplotlib as mpl
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure

# From the first class to the last through grey: told apart by colour-blind readers, and by lightness in print.
CLASS_RAMP = LinearSegmentedColormap.from_list("classes", ["#a63603", "#f1a168", "#a6a6a6", "#74add1", "#1f4e8c"])
SPLIT_STYLES = {
    "train": {"color": "#222222", "linestyle": "-"},
    "validation": {"color": "#7b3294", "linestyle": "--"},
    "test": {"color": "#1b7837", "linestyle": ":"},
}
STYLE = {
    "figure.figsize": (7.5, 3.6),
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e6e6e6",
    "axes.axisbelow": True,
    "legend.frameon": False,
}


def use_style() -> None:
    """Give every later figure of this process the project's look; figures show only where a cell returns them."""
    mpl.rcParams.update(STYLE)
    plt.ioff()


def class_colors(classes: int) -> list[str]:
    """Return one colour for each of a number of ordered classes.

    >>> class_colors(5)[2]
    '#a6a6a6'
    """
    return [to_hex(CLASS_RAMP(rank / max(classes - 1, 1))) for rank in range(classes)]


def plot_history(history: pd.DataFrame, title: str) -> Figure:
    """Draw a run's four curves: train loss, validation loss, validation accuracy and learning rate by step.

    `history` has a row per step with `step`, `train_loss`, `learning_rate`, and at each epoch's last step
    `validation_loss`, `validation_accuracy` and `validation_macro_f1`.
    """
    figure, ((train, loss), (scores, rate)) = plt.subplots(2, 2, figsize=(7.5, 5.2), sharex=True)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    step, window = history["step"], max(len(history) // 40, 1)
    ends, dashed = history.dropna(subset="validation_loss"), SPLIT_STYLES["validation"] | {"marker": "o"}
    train.plot(step, history["train_loss"], color="#cccccc", linewidth=0.8, label="each batch")
    smooth = history["train_loss"].rolling(window, center=True, min_periods=1).mean()
    train.plot(step, smooth, **SPLIT_STYLES["train"], label=f"mean of {window} batches")
    train.set(ylabel="train loss (nats)")
    train.legend()
    loss.plot(ends["step"], ends["validation_loss"], **dashed)
    loss.set(ylabel="validation loss (nats)")
    scores.plot(ends["step"], ends["validation_accuracy"], **dashed, label="accuracy")
    scores.plot(
        ends["step"], ends["validation_macro_f1"], **dashed | {"marker": "s", "color": "#c2a5cf"}, label="macro-F1"
    )
    scores.set(ylabel="validation score", xlabel="training step")
    scores.legend()
    rate.plot(step, history["learning_rate"], **SPLIT_STYLES["train"])
    rate.set(ylabel="learning rate", xlabel="training step")
    return figure
