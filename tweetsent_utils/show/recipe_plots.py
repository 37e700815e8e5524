"""The figures of the notebook on what moved the score: one for changes, one for ensembles."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from tweetsent_utils.show.style import WIDTH

BETTER, WORSE, UNCLEAR, LINE = "#0072b2", "#d55e00", "#8c8c8c", "#222222"
NAME_WIDTH = 22  # characters of a line at the left of a row
POINTS = 100  # percentage points in a share of 1
LUCK = "nothing but the seed"  # has changed between the baselines


def plot_recipes(summary: Sequence[Mapping], luck: Sequence[float] = ()) -> Figure:
    """Draw by how much each change of a training moved validation accuracy, the best on top.

    `summary` are the changes of a plan in `outputs/reference/bench/recipes.json`, without the
    baseline. A dot is the mean over seeds, its bar the 95% interval over the validation rows, and
    small dots are seeds. `luck` are the differences of the baselines themselves, drawn above all.
    """
    rows = order_recipes(summary)
    top = -1 if luck else 0
    figure, axis = plt.subplots(figsize=(WIDTH, 0.42 * (len(rows) - top) + 1.3))
    axis.plot([POINTS * difference for difference in luck], [top] * len(luck), "o", color=UNCLEAR)
    for place, row in enumerate(rows):
        color = color_of(row)
        seeds = [POINTS * difference for difference in row["differences"]]
        axis.plot(seeds, [place] * len(seeds), "o", color=color, markersize=3, alpha=0.6)
        axis.errorbar(
            POINTS * row["difference"],
            place,
            xerr=POINTS * row["margin"],
            fmt="o",
            color=color,
            markersize=7,
            capsize=3,
        )
    axis.axvline(0, color=LINE, linewidth=1)
    names = [LUCK] * -top + [row["name"] for row in rows]
    axis.set_yticks(range(top, len(rows)), [fill(name, NAME_WIDTH) for name in names])
    axis.set_ylim(len(rows) - 0.4, top - 0.6)
    axis.grid(False)
    axis.set_xlabel("points of validation accuracy, next to the baseline")
    figure.suptitle(title_of_recipes(rows), x=0.01, ha="left")
    return figure


def describe_recipes(summary: Sequence[Mapping], luck: Sequence[float] = ()) -> str:
    """Say in words what `plot_recipes` draws of the same rows."""
    rows = order_recipes(summary)
    by_luck = ", ".join(f"{POINTS * difference:+.1f}" for difference in luck)
    chance = f". {LUCK.capitalize()}: {by_luck}" if luck else ""
    numbers = [
        f"{row['name']} {POINTS * row['difference']:+.1f} ± {POINTS * row['margin']:.1f}"
        for row in rows
    ]
    words = f"{title_of_recipes(rows)}. In points, next to the baseline: {', '.join(numbers)}"
    return words + chance


def tabulate_recipes(summary: Sequence[Mapping]) -> pd.DataFrame:
    """Return a table of the same rows, with loss and cost; the baseline has no difference."""
    table = {}
    for row in order_recipes(summary):
        is_baseline = row["name"] == "baseline"
        difference = f"{POINTS * row['difference']:+.1f} ± {POINTS * row['margin']:.1f}"
        table[row["name"]] = {
            "accuracy": f"{row['accuracy']:.3f}",
            "points": "" if is_baseline else difference,
            "loss": "" if is_baseline else f"{row['loss_difference']:+.3f}",
            "seeds": len(row["seeds"]),
        }
        if "cost" in row:  # a GPU's isn't measured
            table[row["name"]]["cost"] = f"{row['cost']:.1f} ×"
    return pd.DataFrame(table).T


def plot_ensembles(ensembles: Sequence[Mapping]) -> Figure:
    """Draw the accuracy of ensembles by how many models they have.

    `ensembles` are those of a plan in `outputs/reference/bench/recipes.json`.
    """
    counts = [row["models"] for row in ensembles]
    accuracies = [row["accuracy"] for row in ensembles]
    figure, axis = plt.subplots(figsize=(WIDTH, 3.2))
    axis.plot(counts, accuracies, "o-", color=BETTER, markersize=7)
    for count, accuracy in zip(counts, accuracies, strict=True):
        axis.annotate(f"{accuracy:.3f}", (count, accuracy), (8, -12), textcoords="offset points")
    axis.set_xticks(counts)
    axis.margins(0.1, 0.2)
    axis.set_xlabel("models averaged")
    axis.set_ylabel("validation accuracy")
    figure.suptitle(title_of_ensembles(ensembles), x=0.01, ha="left")
    return figure


def describe_ensembles(ensembles: Sequence[Mapping]) -> str:
    """Say in words what `plot_ensembles` draws."""
    numbers = ", ".join(f"{row['models']}: {row['accuracy']:.3f}" for row in ensembles)
    return f"{title_of_ensembles(ensembles)}. Validation accuracy by number of models: {numbers}"


def title_of_ensembles(ensembles: Sequence[Mapping]) -> str:
    """Say by how much the largest ensemble is ahead of a single model."""
    gain = POINTS * (ensembles[-1]["accuracy"] - ensembles[0]["accuracy"])
    return f"{ensembles[-1]['models']} models together are {gain:.1f} points better than one"


def order_recipes(summary: Sequence[Mapping]) -> list[Mapping]:
    """Return the rows by their difference, the largest first."""
    return sorted(summary, key=lambda row: row["difference"], reverse=True)


def title_of_recipes(rows: Sequence[Mapping]) -> str:
    """Say how many of the changes are better or worse by more than their interval."""
    better = sum(color_of(row) == BETTER for row in rows)
    worse = sum(color_of(row) == WORSE for row in rows)
    return f"{better} of {len(rows)} changes gain more than their bar, {worse} lose more"


def color_of(row: Mapping) -> str:
    """Return the colour of a row: whether its interval lies above 0, below it, or around it."""
    if abs(row["difference"]) <= row["margin"]:
        return UNCLEAR
    return BETTER if row["difference"] > 0 else WORSE
