"""The day on which each tweet was written."""

from pathlib import Path

import pandas as pd

from tweetsent_utils.errors import TweetsentError, note, quote

FORMATS = ("%d-%m-%Y", "ISO8601", "%d-%b-%Y")

# A day may be followed by a time, and that by a zone: 12:00, T12:00:00.000Z, 11:35:52 -0800.
DAY = r"\d+(?:[-/](?:\d+|[A-Za-z]{3}))*"
TIME = r"\d{1,2}:\d\d[\d:.,]*"
ZONE = r"[+-]\d\d(?::?\d\d)?|[A-Za-z/_\[\]]{1,40}"
DAY_AND_TIME = rf"^({DAY})(?:(?:\s+{TIME}|T\d[\d:.,]*)(?:\s*(?:{ZONE})){{0,2}})?$"

# Twitter's own form: Tue Oct 18 21:53:25 +0000 2011.
TWITTER = rf"^[A-Za-z]{{3}} ([A-Za-z]{{3}}) (\d{{1,2}}) {TIME} (?:{ZONE}) (\d{{4}})$"


def parse_days(tweets: pd.DataFrame, date_column: str) -> pd.Series:
    """Return each row's day, as a datetime without a time or a zone; NaT if it cannot be read.

    That is the day as written, day-month-year, year-month-day or in Twitter's form: a time of day
    is left out, and a zone moves nothing to another day. A table without the column `date_column`
    has no days at all. Raises `TweetsentError` for a table with two such columns.
    """
    if list(tweets).count(date_column) > 1:
        what = f"there are two columns {date_column!r}"
        raise TweetsentError(f"{what}: set date_column to one that is there once, or to ''")
    if date_column in tweets:
        written = tweets[date_column].astype("str").str.strip()
    else:
        written = pd.Series("", index=tweets.index, dtype="str")
    in_order = written.str.replace(TWITTER, r"\2-\1-\3", regex=True)
    # Nothing else reaches pandas, which would take "now" for today and stop at two zones.
    day_alone = in_order.str.extract(DAY_AND_TIME, expand=False)
    days = pd.Series(pd.NaT, index=tweets.index, dtype="datetime64[s]")
    for form in FORMATS:
        days = days.fillna(pd.to_datetime(day_alone, format=form, errors="coerce").dt.as_unit("s"))
    return days


def note_unread_days(
    tweets: pd.DataFrame,
    date_column: str,
    days: pd.Series,
    path: str | Path,
) -> None:
    """Tell the user of the rows in which something is written that was not read as a day.

    In a file of days written month-day-year, these are the days from the 13th on.
    """
    if date_column not in tweets:
        return
    written = tweets[date_column].astype("str").str.strip()
    is_unread = days.isna() & tweets[date_column].notna() & (written != "")
    if is_unread.any():
        row_id = is_unread.idxmax()
        where = f"{path}: data row {row_id + 1} has the day {quote(written[row_id])}"
        count = f"{is_unread.sum():,} such rows"
        note(f"{where}, which is neither day-month-year nor year-month-day ({count}): unknown days")


def order_in_time(train_days: pd.Series, test_days: pd.Series) -> str:
    """Say in a sentence which of two files was written first, by their days (NaT: unknown)."""
    if not train_days.notna().any():
        return "No training text has a day that can be read"
    if test_days.empty:
        return f"The texts run from {train_days.min():%d %b %Y} to {train_days.max():%d %b %Y}"
    if not test_days.notna().any():
        return "No test text has a day that can be read"
    if test_days.max() <= train_days.min():
        return "The test texts end when the training texts begin, or earlier"
    if train_days.max() <= test_days.min():
        return "The test texts begin when the training texts have ended"
    return "The days of the two files overlap"
