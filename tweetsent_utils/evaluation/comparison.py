"""Setting against setting: what differs between runs, and whether it is more than noise."""

import textwrap
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student_t

from tweetsent_utils.evaluation.uncertainty import CONFIDENCE, standard_error

FEWEST_PAIRS = 3  # seeds that two settings share, from which on they are compared seed by seed
GAP = "–"  # a value that a run's record lacks
MOST_IN_A_NAME = 2  # parameters that may name a setting; where more differ, one of its runs does
# Names, and what only the label audit knows: they say nothing about a training.
NOT_COMPARED = ("run_name", "runs", "audit_rows", "explained_rows")
# What decides on which rows a run was validated, but for the seed that draws them.
TASK = (
    "train_file",
    "label_column",
    "label_order",
    "validation_rows",
    "validation_share",
    "max_eval_rows",
    "validation_split",
    "date_column",
)


def rank_runs(scores: Mapping[str, Mapping]) -> pd.DataFrame:
    """Return scores by run as a table, the best validation accuracy first.

    Where two are equal, macro-F1 decides, and then the name. Each run has at least
    `validation_accuracy` and `validation_macro_f1`.
    """
    table = pd.DataFrame.from_dict(scores, orient="index").sort_index()
    return table.sort_values(
        ["validation_accuracy", "validation_macro_f1"],
        ascending=False,
        kind="stable",
    )


def tabulate_parameters(parameters: Mapping[str, Mapping]) -> pd.DataFrame:
    """Return parameters by run as a table of texts, sorted by run; a missing value is a gap."""
    recorded = {}
    for name, values in parameters.items():
        recorded[name] = {key: str(value) for key, value in values.items()}
    table = pd.DataFrame.from_dict(recorded, orient="index").sort_index()
    return table.drop(columns=list(NOT_COMPARED), errors="ignore")


def number_tasks(table: pd.DataFrame, parameters: pd.DataFrame) -> pd.Series:
    """Return the number of each run's task, from 1 on, in the order of the parameters' rows.

    Two runs have one task if their validation rows are drawn from the same file, with the same
    labels and in the same number; the seed may differ. `table` (with a column `rows`) and
    `parameters` are those of `rank_runs` and `tabulate_parameters`.
    """
    drawn_from = parameters.reindex(columns=list(TASK))
    drawn_from["rows"] = table["rows"].astype(str)
    test_files = parameters.get("test_file", pd.Series(GAP, parameters.index))
    drawn_from["held out"] = test_files == ""  # test rows came off the same file
    return number_groups(drawn_from)


def describe_tasks(task: pd.Series, table: pd.DataFrame, parameters: pd.DataFrame) -> str:
    """Return in words which rows each task is validated on, and which runs have it."""
    lines = []
    short = shorten_names(task.index)
    for number, names in task.groupby(task).groups.items():
        seeds = parameters.loc[names, "seed"].dropna().unique()
        seeds = ", ".join(sorted(seeds, key=lambda seed: (len(seed), seed)))
        rows = table.loc[names[0], "rows"]
        file = parameters.loc[names[0], "train_file"]
        lines.append(f"task {number}: {rows} rows, seed {seeds}")
        lines.append(f"    {file}")
        runs = ", ".join(short[name] for name in names)
        lines.append(textwrap.indent(textwrap.fill(runs, 44), "    "))
    if task.nunique() > 1:
        lines.append("Scores of different tasks are not comparable.")
    return "\n".join(lines)


def shorten_names(names: Iterable[str]) -> dict[str, str]:
    """Return the last part of each run's name, or the whole name where two would be the same.

    >>> shorten_names(["quick", "reference/minilm-raw"])
    {'quick': 'quick', 'reference/minilm-raw': 'minilm-raw'}
    """
    names = list(names)
    last_parts = [name.rpartition("/")[2] for name in names]
    return {
        name: last if last_parts.count(last) == 1 else name
        for name, last in zip(names, last_parts, strict=True)
    }


def summarize_runs(table: pd.DataFrame) -> pd.DataFrame:
    """Return what decides between ranked runs: accuracies and the number of validation rows.

    `table` comes from `rank_runs`; a score that a run lacks is a gap.
    """
    summary = table.reindex(columns=["validation_accuracy", "rows", "test_accuracy"])
    summary.columns = ["validation accuracy", "rows", "test accuracy"]
    summary = summary.rename(index=shorten_names(table.index))
    return summary.astype(object).fillna(GAP)


def tabulate_differences(parameters: pd.DataFrame, task: pd.Series) -> pd.DataFrame:
    """Return the parameters that differ within a task, of the runs that have company there.

    What is longer, the list of parameters or that of runs, goes down the page. `parameters` and
    `task` come from `tabulate_parameters` and `number_tasks`; a gap is shown as one.
    """
    differing = []
    for _, same_task in parameters.groupby(task):
        differing += find_differing(same_task)
    in_order = [name for name in parameters if name in differing]
    has_company = task.groupby(task).transform("size") > 1
    differences = parameters.loc[has_company, in_order].fillna(GAP)
    differences = differences.rename(index=shorten_names(parameters.index))
    runs, names = differences.shape
    return differences.T if names >= runs else differences


def group_by_seed(
    table: pd.DataFrame,
    parameters: pd.DataFrame,
    task: pd.Series,
) -> pd.Series:
    """Return validation accuracies by task, setting and seed, as a series with these levels.

    A setting is all parameters that differ, but for the seed. Runs of one seed are one draw: they
    are averaged. A gap in a record counts as a value of its own.
    """
    settings = [name for name in find_differing(parameters) if name != "seed"]
    scored = parameters.fillna(GAP).assign(task=task, accuracy=table["validation_accuracy"])
    return scored.groupby(["task", *settings, "seed"])["accuracy"].mean()


def average_seeds(by_seed: pd.Series) -> pd.DataFrame:
    """Return a row per task and setting, the best first: `mean`, `std` (n - 1) and `seeds`.

    `by_seed` comes from `group_by_seed`.
    """
    names = [name for name in by_seed.index.names if name != "seed"]
    means = by_seed.groupby(names).agg(["mean", "std", "count"])
    means = means.rename(columns={"count": "seeds"})
    return means.sort_values("mean", ascending=False).reset_index()


def name_settings(
    means: pd.DataFrame,
    table: pd.DataFrame,
    parameters: pd.DataFrame,
    task: pd.Series,
) -> pd.DataFrame:
    """Return the means of settings with a short name for each: task, `mean`, `std`, `seeds`.

    The name is what differs within the task, where that is one parameter or two, and else the
    setting's best run. `means` comes from `average_seeds`, the rest from `rank_runs`,
    `tabulate_parameters` and `number_tasks`.
    """
    short = shorten_names(table.index)
    values = parameters.fillna(GAP).assign(task=task).loc[table.index]
    given = [name for name in means if name not in ("mean", "std", "seeds")]
    names = []
    for _, setting in means.iterrows():
        is_of_setting = (values[given] == setting[given]).all(axis=1)
        differing = find_differing(parameters[task == setting["task"]])
        differing = [name for name in differing if name != "seed"]
        if 0 < len(differing) <= MOST_IN_A_NAME:
            names.append(", ".join(f"{name} {setting[name]}" for name in differing))
        else:
            names.append(short[values.index[is_of_setting][0]])
    named = means[["mean", "std", "seeds", "task"]].astype(object).fillna(GAP)
    return named.set_axis(names)


def judge_settings(by_seed: pd.Series, rows: Mapping[int, int]) -> str:
    """Return in words how far each task's best setting is ahead of its others.

    `by_seed` comes from `group_by_seed`; `rows` has the number of validation rows of each task.
    """
    lines = []
    for number, part in by_seed.unstack("seed").groupby("task"):
        by_mean = part.mean(axis=1).sort_values(ascending=False).index
        (best_values, best), *others = part.loc[by_mean].iterrows()
        if not others:
            lines.append(f"task {number}: one setting only")
            continue
        lines.append(f"task {number}: {len(others) + 1} settings")
        for values, accuracy in others:
            pairs = zip(part.index.names, best_values, values, strict=True)
            changes = [f"{name} {one} over {other}" for name, one, other in pairs if one != other]
            lead = describe_lead(best, accuracy, rows[number]).replace("\n", "\n    ")
            gap = " " if len(changes) == 1 else "\n    "
            lines.append("  " + ",\n  ".join(changes) + f":{gap}{lead}")
    return "\n".join(lines)


def describe_lead(one: pd.Series, other: pd.Series, rows: int) -> str:
    """Return in words how far one setting is ahead of another, and whether that may be noise.

    The arguments are those of `compare_settings`. Where there are too few seeds to speak of them,
    further lines say so.
    """
    gap, margin = compare_settings(one, other, rows)
    has_pairs = (one - other).count() >= FEWEST_PAIRS
    if abs(gap) <= margin:
        verdict = " may be noise"
    elif has_pairs:
        verdict = " more than noise"
    else:
        verdict = "\nmore than the choice of rows explains;\nother seeds untested"
    return f"{gap:+.3f} ± {margin:.3f},{verdict}"


def find_differing(parameters: pd.DataFrame) -> list[str]:
    """Return the columns that hold at least two values; a gap is no value."""
    return [name for name in parameters if parameters[name].nunique() > 1]


def number_groups(frame: pd.DataFrame) -> pd.Series:
    """Return a number from 1 on for each row, the same for equal rows; a gap only equals a gap."""
    rows = [tuple(row) for row in frame.fillna(GAP).to_numpy().tolist()]
    codes, _ = pd.factorize(pd.Series(rows, dtype=object))
    return pd.Series(codes + 1, frame.index)


def training_curves(history: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the smoothed train loss and each epoch's validation accuracy.

    Both are indexed by the share of the training, in percent. The loss is a running mean over a
    fifteenth of the training.
    """
    by_share = history.set_index(100 * history.index / history.index.max())
    window = max(len(history) // 15, 1)
    loss = by_share["train_loss"].rolling(window, center=True, min_periods=1).mean()
    return loss, by_share["validation_accuracy"].dropna()


def compare_settings(one: pd.Series, other: pd.Series, rows: int) -> tuple[float, float]:
    """Return by how much one setting is ahead of another, and half the width of the 95% interval.

    Both give the accuracy by seed, with gaps, measured on a number of `rows`. Where three seeds are
    shared, seeds are compared in pairs (Student's t); else by the binomial errors of the means.
    """
    differences = (one - other).dropna()
    if len(differences) >= FEWEST_PAIRS:
        quantile = student_t.ppf((1 + CONFIDENCE) / 2, len(differences) - 1)
        return differences.mean(), quantile * differences.sem()
    errors = [
        standard_error(accuracy.mean(), rows) / accuracy.count() ** 0.5 for accuracy in (one, other)
    ]
    return one.mean() - other.mean(), norm.ppf((1 + CONFIDENCE) / 2) * np.hypot(*errors)
