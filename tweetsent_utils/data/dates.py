"""The day on which each tweet was written."""

import pandas as pd

FORMATS = ("%d-%m-%Y", "ISO8601")


def parse_days(tweets: pd.DataFrame, date_column: str) -> pd.Series:
    """Return each row's day, written day-month-year or year-month-day; NaT if it cannot be read.

    A table without the column `date_column` has no days at all.
    """
    if date_column in tweets:
        written = tweets[date_column].astype("str")
    else:
        written = pd.Series("", index=tweets.index)
    day_first, year_first = (
        pd.to_datetime(written, format=form, errors="coerce") for form in FORMATS
    )
    return day_first.fillna(year_first)
