"""Published figures in the pages: generated tables, and single figures inside sentences.

A figure in a sentence has its source in front of it, in a comment that is invisible when rendered:

    The test accuracy is <!--= minilm-words/metrics.json: test.accuracy: .3f -->0.878<!--=-->.

The source is a file below outputs/reference/, a path into it, and one of Python's formats.

- A path is a row of keys with dots between them. `[key=value]` takes the entries of a list that
  have this value; where these are several, the figure is their mean. ` - ` between two paths takes
  the difference: `runs[cleaning=words].accuracy - runs[cleaning=raw].accuracy`.
- A format may be followed by a unit: `points` multiplies by 100 (`.1f points`), and `minutes` makes
  minutes of seconds.

A table goes between `<!-- NAME: written by scripts/publish.py -->` and `<!-- end of NAME -->`.
"""

import re
import statistics
from pathlib import Path
from typing import Any

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json, write_atomically
from tweetsent_utils.paths import PROJECT_ROOT, REFERENCE

PAGES = ("*.md", "benchmarks/*.md", "data/**/*.md", "docs/**/*.md", "site/*.md", "tests/**/*.md")
SPAN = re.compile(
    r"(?P<begin><!--= (?P<file>.+?): (?P<path>.+?): (?P<form>.+?) -->)"
    r"(?P<shown>[^<\n]*)"
    r"(?P<end><!--=-->)"
)
# Markdown takes a comment at the beginning of a line, or of a list's item, for a block of HTML.
SPAN_AT_LINE_START = re.compile(r"^[ \t>]*(?:[-*+]|\d+\.)?[ \t]*<!--=", re.MULTILINE)
TABLE = re.compile(
    r"(?P<begin><!-- (?P<name>\w+): written by scripts/publish\.py -->)"
    r".*?"
    r"(?P<end><!-- end of (?P=name) -->)",
    re.DOTALL,
)
DOT = re.compile(r"\.(?![^\[]*\])")  # outside of brackets
STEP = re.compile(r"(?P<key>[^\[\]]+)(?:\[(?P<name>[^=\]]+)=(?P<value>[^\]]+)\])?")
SCALES = {"": 1, "points": 100, "minutes": 1 / 60}


def list_pages() -> list[Path]:
    """Return the project's pages that may hold figures."""
    return sorted(page for pattern in PAGES for page in PROJECT_ROOT.glob(pattern))


def refresh_pages(tables: dict[str, str]) -> list[Path]:
    """Write today's figures and tables into all pages; return the pages that have changed."""
    changed = []
    for page in list_pages():
        before = page.read_text(encoding="utf-8")
        try:
            after = refresh(before, tables)
        except TweetsentError as error:
            raise TweetsentError(f"{page.name}: {error}") from None
        if after != before:
            content = after.encode("utf-8")  # the lines end alike on every system
            write_atomically(page, lambda file, content=content: file.write_bytes(content))
            changed.append(page)
    return changed


def refresh(text: str, tables: dict[str, str], reference: Path = REFERENCE) -> str:
    """Return a page's text with its tables and figures as their sources give them.

    Raises `TweetsentError` for a figure that is written wrongly or whose source does not exist.
    """
    require_well_formed(text)

    def write_figure(match: re.Match) -> str:
        value = find_value(reference, match["file"], match["path"])
        return match["begin"] + format_value(value, match["form"]) + match["end"]

    def write_table(match: re.Match) -> str:
        if match["name"] not in tables:
            raise TweetsentError(f"there is no table {match['name']!r}: {', '.join(tables)}")
        return f"{match['begin']}\n\n{tables[match['name']]}\n\n{match['end']}"

    return TABLE.sub(write_table, SPAN.sub(write_figure, text))


def require_well_formed(text: str) -> None:
    """Refuse figures that would not be found, or would break their paragraph when rendered."""
    without_spans = SPAN.sub("", text)
    if "<!--=" in without_spans:
        fragment = without_spans[without_spans.index("<!--=") :][:60]
        form = "<!--= FILE: PATH: FORMAT -->FIGURE<!--=-->"
        raise TweetsentError(f"{fragment!r} is no figure: write {form}, on one line")
    if match := SPAN_AT_LINE_START.search(text):
        line = text[match.end() :].splitlines()[0][:60]
        remedy = "put a word in front of it"
        raise TweetsentError(f"the figure {line!r} begins a line, which ends a paragraph: {remedy}")


def find_value(reference: Path, file: str, path: str) -> float:
    """Return the number to which a path leads in a JSON file below `reference`."""
    source = load_json(reference / file)
    first, *others = [follow(source, part) for part in path.split(" - ")]
    if None in (first, *others):
        raise TweetsentError(f"{path} leads to no number in {file}")
    return first - sum(others)


def follow(source: Any, path: str) -> float | None:
    """Return the mean of the numbers to which a path without ` - ` leads; None if there are none.

    >>> follow({"runs": [{"seed": 0, "score": 2}, {"seed": 1, "score": 3}]}, "runs[seed=1].score")
    3
    """
    found = [source]
    try:
        for part in DOT.split(path):
            step = STEP.fullmatch(part)
            found = [entry[step["key"]] for entry in found]
            if step["name"]:
                entries = [entry for several in found for entry in several]
                found = [entry for entry in entries if str(entry[step["name"]]) == step["value"]]
        return statistics.mean(found)
    except (KeyError, TypeError, statistics.StatisticsError):
        return None


def format_value(value: float, form: str) -> str:
    """Return a number in a format.

    >>> format_value(0.331, ".0f points")
    '33'
    """
    specification, _, unit = form.partition(" ")
    try:
        return format(value * SCALES[unit], specification)
    except (KeyError, ValueError):
        raise TweetsentError(
            f"{form!r} is no format: write one such as .3f or .1f points"
        ) from None
