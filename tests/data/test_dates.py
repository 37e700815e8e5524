"""The day on which a tweet was written."""

import pandas as pd

from tweetsent_utils.data.dates import parse_days

WRITTEN = {
    "16-03-2020": "2020-03-16",
    "03-04-2020": "2020-04-03",
    "2020-04-03": "2020-04-03",
    "2020-04-03T10:00:00": "2020-04-03",
    "31-02-2020": "none",
    "03/04/2020": "none",
    "soon": "none",
    "": "none",
}


def test_days_are_read_day_first_or_year_first_and_anything_else_is_none():
    tweets = pd.DataFrame({"when": list(WRITTEN)}, index=range(5, 13))
    days = parse_days(tweets, "when")
    assert days.index.equals(tweets.index)
    assert days.dt.strftime("%Y-%m-%d").fillna("none").tolist() == list(WRITTEN.values())


def test_table_without_dates_has_no_days():
    assert parse_days(pd.DataFrame({"text": ["a", "b"]}), "").isna().tolist() == [True, True]
