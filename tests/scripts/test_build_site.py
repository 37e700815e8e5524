"""Rendering the pages: what the landing page offers, and what becomes of the pages before."""

import build_site
import pytest
from result_tables import pages_table, tweets_table

from tweetsent_utils.errors import TweetsentError


def test_the_landing_page_offers_only_what_was_made(tmp_path, monkeypatch):
    monkeypatch.setattr(build_site, "PLAYGROUND", tmp_path / "built")
    monkeypatch.setattr(build_site, "BOOK", tmp_path / "book.pdf")
    text = build_site.landing_page()
    assert "## Try it" not in text
    assert ".pdf" not in text
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "fragment.html").write_text('<script src="{{ base }}a.js"></script>')
    (tmp_path / "book.pdf").write_bytes(b"%PDF")
    text = build_site.landing_page()
    assert "## Try it" in text
    assert '<script src="_static/playground/a.js"></script>' in text
    assert ".pdf" in text


def test_pages_that_were_there_stay_if_something_is_wrong(tmp_path, monkeypatch):
    def fail(*arguments):
        raise TweetsentError("a link leads nowhere")

    (tmp_path / "index.html").write_text("as it was")
    monkeypatch.setattr(build_site, "run_sphinx", fail)
    with pytest.raises(TweetsentError):
        build_site.build_site(tmp_path)
    assert (tmp_path / "index.html").read_text() == "as it was"


def test_pages_that_are_no_longer_made_go(tmp_path):
    made, output = tmp_path / "made", tmp_path / "site"
    for folder, name in ((made, "new.html"), (output, "old.html")):
        folder.mkdir()
        (folder / name).touch()
    build_site.replace_folder(made, output)
    assert [path.name for path in output.iterdir()] == ["new.html"]


def test_each_tweet_stands_next_to_its_surest_answer():
    answers = {
        "tweets": ["bad", "good"],
        "labels": ["Negative", "Positive"],
        "probabilities": [[0.8, 0.2], [0.06, 0.94]],
    }
    rows = tweets_table(answers).splitlines()[2:]
    assert rows == ["| bad | **Negative** | 0.80 |", "| good | **Positive** | 0.94 |"]


def test_what_pages_weigh_is_given_for_a_desk_and_a_phone():
    seen = {"first_paint_ms": 120.4, "bytes": 900_000}
    measured = {
        "pages": {"index": {"desk": seen, "phone": {**seen, "first_paint_ms": 400.0}}},
        "pages_rendered": 28,
        "bytes": 9_000_000,
        "build_seconds": [9.0, 10.0, 12.0],
        "build_seconds_median": 10.0,
        "visits": 5,
        "chromium": "150",
        "environment": {"cores": 2, "processor": "a processor"},
    }
    table = pages_table(measured)
    assert "| landing page | 120 ms | 0.90 MB | 400 ms | 0.90 MB |" in table
    assert "10 s (median of 3)" in table
    assert "Not measured" in pages_table({})
