"""On which texts is a model weak? Its accuracy by length, marks and time."""

import numpy as np
import pandas as pd

from tweetsent_utils.evaluation.uncertainty import wilson_interval

MARKS = {"mention": r"@\w+", "link": r"https?://", "hashtag": r"#\w+"}
MOST_PERIODS = 8


def make_slices(texts: pd.Series, lengths: pd.Series, days: pd.Series) -> dict[str, pd.Series]:
    """Return which of N texts belong to each slice, by the name of the slice.

    `lengths` are in tokens; `days` are written year-month-day, or "". Slices by time are days,
    weeks, months or years, the shortest of them of which there are at most eight. What holds every
    text or none is no slice.
    """
    slices = slices_by_length(lengths) | slices_by_mark(texts) | slices_by_time(days)
    return {name: members for name, members in slices.items() if 0 < members.sum() < len(texts)}


def slices_by_length(lengths: pd.Series) -> dict[str, pd.Series]:
    """Return the shortest, the middle and the longest third.

    Texts of one length stay together, so that there are fewer parts where lengths hardly differ.
    """
    short, long = lengths.quantile([1 / 3, 2 / 3]).astype(int)
    middle = f"{long} tokens" if short + 1 == long else f"{short + 1} to {long} tokens"
    return {
        f"up to {short} tokens": lengths <= short,
        middle: (short < lengths) & (lengths <= long),
        f"over {long} tokens": lengths > long,
    }


def slices_by_mark(texts: pd.Series) -> dict[str, pd.Series]:
    """Return the texts with and without each mark."""
    slices = {}
    for name, form in MARKS.items():
        has_mark = texts.str.contains(form)
        slices[f"with a {name}"] = has_mark
        slices[f"no {name}"] = ~has_mark
    return slices


def slices_by_time(days: pd.Series) -> dict[str, pd.Series]:
    """Return the texts of each period; none if all are of one."""
    by_day = pd.PeriodIndex(days.where(days != "", "NaT"), freq="D")
    periods = by_day.asfreq("Y")
    for candidate in (by_day, by_day.asfreq("W"), by_day.asfreq("M")):
        if candidate.nunique() <= MOST_PERIODS:
            periods = candidate
            break
    names = pd.Series(periods.astype(str), days.index).fillna("on an unknown day")
    if names.nunique() < 2:
        return {}
    return {f"written {name}": names == name for name in sorted(names.unique())}


def score_slices(slices: dict[str, pd.Series], right: np.ndarray) -> pd.DataFrame:
    """Return the accuracy on each slice: columns `tweets`, `accuracy`, `low` and `high`.

    The 95% interval is Wilson's, which holds for few rows too. A slice of a single text tells
    nothing and is left out; where all are, the table has no row.
    """
    rows = {}
    for name, members in slices.items():
        tweets = int(members.sum())
        if tweets > 1:
            hits = int(right[members].sum())
            rows[name] = [tweets, hits / tweets, *wilson_interval(hits, tweets)]
    columns = {"tweets": int, "accuracy": float, "low": float, "high": float}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(columns)).astype(columns)
