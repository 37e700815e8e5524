"""The day on which a tweet was written."""

import datetime

import pandas as pd
import pytest

from tweetsent_utils.data.dates import note_unread_days, parse_days
from tweetsent_utils.data.reading import read_tweets
from tweetsent_utils.data.splitting import split_latest_days
from tweetsent_utils.errors import TweetsentError

WRITTEN = {
    "16-03-2020": "2020-03-16",
    "03-04-2020": "2020-04-03",
    "6-3-2020": "2020-03-06",
    " 2020-04-03 ": "2020-04-03",
    "2020/04/03": "2020-04-03",
    "20200403": "2020-04-03",
    "18-Oct-2011": "2011-10-18",
    # With a time of day, and a zone that would move some of them to another day
    "16-03-2020 23:59": "2020-03-16",
    "16-03-2020 00:30:00 +0100": "2020-03-16",
    "2020-04-03T10:00:00": "2020-04-03",
    "2020-03-16T12:00:00.000Z": "2020-03-16",
    "20200316T235959Z": "2020-03-16",
    "2015-02-24 11:35:52 -0800": "2015-02-24",
    "2015-02-24 23:35:52 -0800": "2015-02-24",
    "2015-02-24 00:35:52+05:30": "2015-02-24",
    "2015-02-24 00:35:52.123456789+05": "2015-02-24",
    "2015-02-24 11:35 PM UTC": "2015-02-24",
    "2020-03-29T01:00+01:00[Europe/Berlin]": "2020-03-29",
    "Tue Oct 18 21:53:25 +0000 2011": "2011-10-18",
    "Mon Apr 06 22:19:45 PDT 2009": "2009-04-06",
    "9999-12-31": "9999-12-31",
    # Not a day, or not certain which
    "31-02-2020": "none",
    "03/04/2020": "none",
    "2020-13-45": "none",
    "soon": "none",
    "now": "none",
    "today": "none",
    "1584316800000": "none",
    "": "none",
}


def test_the_day_is_read_as_it_is_written_and_anything_else_is_none():
    tweets = pd.DataFrame({"when": list(WRITTEN)}, index=range(5, 5 + len(WRITTEN)))
    days = parse_days(tweets, "when")
    assert days.index.equals(tweets.index)
    assert days.dt.strftime("%Y-%m-%d").fillna("none").tolist() == list(WRITTEN.values())
    assert days.dt.tz is None
    assert days.equals(days.dt.normalize())


@pytest.mark.parametrize("written", WRITTEN)
def test_a_file_may_be_written_in_any_one_form(written):
    days = parse_days(pd.DataFrame({"when": [written, None]}), "when")
    assert days.dt.strftime("%Y-%m-%d").fillna("none").tolist() == [WRITTEN[written], "none"]


@pytest.mark.parametrize(
    "moment",
    [
        pd.Timestamp("2020-03-16"),
        pd.Timestamp("2020-03-16 23:30"),
        pd.Timestamp("2020-03-16 23:30", tz="US/Pacific"),
        pd.Timestamp("2020-03-16 00:30", tz="Asia/Tokyo"),
        datetime.date(2020, 3, 16),
        20200316,
    ],
)
def test_days_of_a_parquet_file_are_those_it_shows(tmp_path, moment):
    file = tmp_path / "x.parquet"
    table = pd.DataFrame({"text": ["a", "b"], "label": ["x", "y"], "when": [moment, moment]})
    table.to_parquet(file)
    days = parse_days(read_tweets(file, "text", "label"), "when")
    assert days.tolist() == [pd.Timestamp("2020-03-16")] * 2
    assert days.dt.tz is None


def test_a_split_by_days_has_no_day_on_both_sides():
    """Four days, each with three tweets at other times and in other zones."""
    written = [
        f"2020-03-{day} {time} {zone}"
        for day in (16, 17, 18, 19)
        for time, zone in (("00:10", "+0900"), ("12:00", "Z"), ("23:50", "-0800"))
    ]
    days = parse_days(pd.DataFrame({"when": written}), "when")
    labels = pd.Series([0, 1, 0] * 4)
    for rows in range(1, 10):
        train, validation = split_latest_days(labels, days, ["bad", "good"], rows, 0.9)
        assert not set(days[train]) & set(days[validation])
        assert len(validation) == 3 * -(-rows // 3)  # whole days


def test_table_without_dates_has_no_days():
    assert parse_days(pd.DataFrame({"text": ["a", "b"]}), "").isna().tolist() == [True, True]


def test_two_columns_of_days_are_refused():
    tweets = pd.DataFrame([["2020-03-16", "2020-03-17"]], columns=["when", "when"])
    with pytest.raises(TweetsentError, match="two columns 'when'"):
        parse_days(tweets, "when")


def test_what_is_no_day_is_told_with_its_row(capsys):
    tweets = pd.DataFrame({"at": ["03-04-2020", "03-16-2020", None, "", "soon"]})
    note_unread_days(tweets, "at", parse_days(tweets, "at"), "tweets.csv")
    assert "tweets.csv: data row 2 has the day '03-16-2020'" in (printed := capsys.readouterr().out)
    assert "2 such rows" in printed
    note_unread_days(tweets[:1], "at", parse_days(tweets[:1], "at"), "tweets.csv")
    note_unread_days(tweets, "", parse_days(tweets, ""), "tweets.csv")
    assert capsys.readouterr().out == ""
