"""A browser of texts for notebook 1: by class, day, length, and by what is in them."""

import re
import time
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ipywidgets import (
    Checkbox,
    Dropdown,
    HBox,
    IntRangeSlider,
    Label,
    Layout,
    SelectionRangeSlider,
    Text,
    VBox,
    Widget,
)

from tweetsent_utils.errors import TweetsentError, quote
from tweetsent_utils.explore.bars import bar
from tweetsent_utils.explore.buttons import button
from tweetsent_utils.explore.foreign_text import (
    HIT_BEGINS,
    HIT_ENDS,
    make_readable,
    note_unseen,
    shorten,
    text_to_html,
)
from tweetsent_utils.explore.live_html import LiveHTML, display_live
from tweetsent_utils.show.style import class_colors

PAGE_SIZE = 10  # texts that are shown at a time
MOST_SEARCHED = 10_000  # characters of a text that are searched
MOST_SECONDS = 1.0  # that a search may take
SEARCHED_AT_ONCE = 2000  # texts, between two looks at the clock
MOST_CLASSES = 12  # that have a bar
NAME_CHARACTERS = 40  # of a class's name that are shown
ALL = -1  # in the place of a class; None would be nothing chosen
TURNS = {"ArrowLeft": "previous", "ArrowRight": "next", "Home": "first", "End": "last"}


class Choice(NamedTuple):
    """Which texts somebody wants to see.

    The number of a class, or None for all; the first and the last of the browser's `days`, by
    number, or None for all, days or not; the fewest and the most words; and what is in the text,
    as it is or as a regular expression.
    """

    label: int | None = None
    days: tuple[int, int] | None = None
    words: tuple[int, int] | None = None
    wanted: str = ""
    is_pattern: bool = False


class TweetBrowser:
    """Finds texts, counts them by class, and shows them ten at a time.

    `texts`, `labels` (names of classes) and `days` (dates, or nothing) share an index of row ids.
    """

    def __init__(
        self,
        texts: pd.Series,
        labels: pd.Series,
        days: pd.Series,
        label_names: Sequence[str],
        ordered: bool = True,
    ) -> None:
        self.row_ids = texts.index
        self.texts = texts.astype(object).where(texts.notna(), "").map(str).to_numpy()
        self.label_names = [str(name) for name in label_names]
        self.colors = class_colors(len(self.label_names), ordered)
        self.labels = pd.Categorical(labels, categories=list(label_names)).codes
        written = pd.to_datetime(days, errors="coerce").dt.strftime("%Y-%m-%d")
        self.day_of_text, found = pd.factorize(written, sort=True)
        self.days = list(found)
        # What a search reads: the texts as they are shown, and their beginnings only.
        readable = [make_readable(text[:MOST_SEARCHED]) for text in self.texts]
        self.searchable = pa.array(readable, pa.large_string())
        self.has_long_texts = any(len(text) > MOST_SEARCHED for text in self.texts)
        self.lengths = pd.Series(self.texts, dtype=str).str.count(r"\S+").to_numpy(dtype=int)
        self.count_of_class = self.count_classes(np.ones(len(self.texts), dtype=bool))
        self.searched: tuple[str, bool] | None = None
        self.choose(Choice())

    def choose(self, choice: Choice) -> None:
        """Find the texts that fit a choice, and go to the first page of them.

        If its expression is none, or takes too long, a sentence says so, and the one before is
        searched for.
        """
        self.trouble = ""
        try:
            fits = self.search(choice.wanted, choice.is_pattern).copy()
        except TweetsentError as error:
            self.trouble = str(error)
            before = self.choice
            choice = choice._replace(wanted=before.wanted, is_pattern=before.is_pattern)
            fits = self.has_hit.copy()
        if choice.days is not None:
            first, last = choice.days
            fits &= (self.day_of_text >= first) & (self.day_of_text <= last)
        if choice.words is not None:
            fewest, most = choice.words
            fits &= (self.lengths >= fewest) & (self.lengths <= most)
        self.matches_of_class = self.count_classes(fits)
        self.matches_of_all = int(fits.sum())
        if choice.label is not None:
            fits &= self.labels == choice.label
        self.found = np.flatnonzero(fits)
        self.choice, self.page = choice, 0

    def search(self, wanted: str, is_pattern: bool) -> np.ndarray:
        """Return which texts hold what is wanted; asked for the same again, it remembers."""
        wanted = make_readable(wanted)
        if (wanted, is_pattern) != self.searched:
            self.has_hit = search_pattern(self.searchable, to_pattern(wanted, is_pattern))
            self.searched = (wanted, is_pattern)
        return self.has_hit

    def count_classes(self, fits: np.ndarray) -> np.ndarray:
        """Return how many of the texts that fit each class has; a text may have none."""
        labels = self.labels[fits]
        return np.bincount(labels[labels >= 0], minlength=len(self.label_names))

    def turn(self, where: str) -> None:
        """Go to the "first", "previous", "next" or "last" page of what was found."""
        last = max(len(self.found) - 1, 0) // PAGE_SIZE
        pages = {"first": 0, "previous": self.page - 1, "next": self.page + 1, "last": last}
        self.page = min(max(pages.get(where, self.page), 0), last)

    def html(self, has_buttons: bool = False) -> str:
        """Return what was found as HTML: how many, by class, and a page of texts."""
        trouble = f'<p class="trouble" data-say>{escape(self.trouble)}</p>'
        parts = [
            trouble if self.trouble else "",
            self.count_to_html(),
            self.classes_to_html(),
            self.place_to_html(has_buttons),
            *self.cards(),
        ]
        return "".join(parts)

    def count_to_html(self) -> str:
        """Return in words how many texts were found."""
        count, everything = len(self.found), len(self.texts)
        share = f" ({count / everything:.1%})" if everything else ""
        searched = ""
        if self.choice.wanted and self.has_long_texts:
            searched = f"; the first {MOST_SEARCHED:,} characters of each are searched"
        return (
            f"<p data-say><b>{count:,} of {everything:,} texts match</b>{share}"
            f'<span class="quiet">{searched}</span></p>'
        )

    def classes_to_html(self) -> str:
        """Return a bar for each class's share of the texts that match, next to that in all texts.

        The choice of one class doesn't count here: what else is chosen is compared over all.
        """
        matches, everything = self.matches_of_class, self.count_of_class
        shares = matches / max(self.matches_of_all, 1)
        shares_of_all = everything / max(len(self.texts), 1)
        longest = max([*shares, *shares_of_all, 1e-9])
        shown = np.sort(np.argsort(-matches, kind="stable")[:MOST_CLASSES])
        rows = []
        for rank in shown:
            name = f"<bdi>{escape(shorten(self.label_names[rank], NAME_CHARACTERS))}</bdi>"
            if rank == self.choice.label:
                name = f"<b>▸ {name}</b>"
            share, share_of_all = shares[rank] / longest, shares_of_all[rank] / longest
            rows.append(
                f'<tr><th scope="row">{name}</th><td>{matches[rank]:,}</td>'
                f'<td class="share">{bar(share, self.colors[rank], share_of_all)}</td>'
                f"<td>{shares[rank]:.0%}</td>"
                f'<td class="quiet">{shares_of_all[rank]:.0%}</td></tr>'
            )
        left_out = len(self.label_names) - len(shown)
        more = f'<p class="quiet">and {left_out} more classes</p>' if left_out else ""
        head = (
            '<tr class="quiet"><th scope="col">class</th><th scope="col">match</th><td></td>'
            '<th scope="col">share of them</th><th scope="col">▏share in all texts</th></tr>'
        )
        return f"<table>{head}{''.join(rows)}</table>{more}"

    def place_to_html(self, has_buttons: bool) -> str:
        """Return which texts the page shows, and buttons to turn it."""
        if not len(self.found):
            return "<p>No text matches: take another class, a wider range or another word.</p>"
        first = self.page * PAGE_SIZE
        last = min(first + PAGE_SIZE, len(self.found))
        place = f"<span>{first + 1:,} to {last:,} of {len(self.found):,}</span>"
        if not has_buttons:
            return f'<p class="row">{place}</p>'
        is_end = {"first": first == 0, "previous": first == 0}
        is_end |= {"next": last == len(self.found), "last": last == len(self.found)}
        buttons = {where: button(where, where, is_disabled=ends) for where, ends in is_end.items()}
        keys = '<span class="quiet">or the keys ← → Home End</span>'
        before, after = buttons["first"] + buttons["previous"], buttons["next"] + buttons["last"]
        return f'<div class="row">{before}{place}{after}{keys}</div>'

    def cards(self) -> list[str]:
        """Return the texts of the page as HTML, with what is wanted marked."""
        shown = self.found[self.page * PAGE_SIZE :][:PAGE_SIZE]
        texts = [make_readable(self.texts[number]) for number in shown]
        hits = find_hits(texts, make_readable(self.choice.wanted), self.choice.is_pattern)
        return [
            self.card(number, text, places)
            for number, text, places in zip(shown, texts, hits, strict=True)
        ]

    def card(self, number: int, text: str, hits: Sequence[tuple[int, int]]) -> str:
        """Return one text with its class, day, length and row id."""
        rank, day = self.labels[number], self.day_of_text[number]
        label = shorten(self.label_names[rank], NAME_CHARACTERS) if rank >= 0 else "no class"
        html, cut = text_to_html(text, hits)
        words = "1 word" if self.lengths[number] == 1 else f"{self.lengths[number]:,} words"
        notes = [f"<bdi>{escape(label)}</bdi>", words]
        if self.days:
            notes.insert(1, self.days[day] if day >= 0 else "no day")
        notes.append(f"row {escape(str(self.row_ids[number]))}")
        notes += [note for note in (cut, note_unseen(text)) if note]
        color = f' style="border-color:{self.colors[rank]}"' if rank >= 0 else ""
        return f'<div class="card"{color}>{html}<small>{" · ".join(notes)}</small></div>'


def to_pattern(wanted: str, is_pattern: bool) -> str:
    """Return what is wanted as a regular expression; a plain text is found with any capitals."""
    return wanted if is_pattern else f"(?i){re.escape(wanted)}"


def search_pattern(texts: pa.Array, pattern: str, seconds: float = MOST_SECONDS) -> np.ndarray:
    """Return which of N texts match a regular expression, of shape (N,).

    The expressions are RE2's (https://github.com/google/re2/wiki/Syntax), whose time grows with the
    length of a text and never explodes, as that of Python's `re` may; for this, they have no
    look-ahead and no back-references. Raises `TweetsentError` for what is no expression, and after
    a number of `seconds`.
    """
    deadline = time.monotonic() + seconds
    parts = [np.zeros(0, dtype=bool)]
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
        for start in range(0, len(texts), SEARCHED_AT_ONCE):
            if time.monotonic() > deadline:
                what = f"{quote(pattern, 100)} takes too long to search for"
                done = f"it got through {start:,} of {len(texts):,} texts"
                raise TweetsentError(f"{what} ({done}): take a simpler one")
            some = texts.slice(start, SEARCHED_AT_ONCE)
            parts.append(np.asarray(pc.match_substring_regex(some, pattern)))
    except pa.ArrowInvalid as error:
        reason = str(error).removeprefix("Invalid regular expression: ").partition(": ")[0]
        what = f'{quote(pattern, 100)} is no expression that can be searched for ("{reason}")'
        raise TweetsentError(f"{what}: what you see is for the one before") from None
    return np.concatenate(parts)


def find_hits(texts: Sequence[str], wanted: str, is_pattern: bool) -> list[list[tuple[int, int]]]:
    """Return for each readable text the places, first and last but one, where it has the wanted."""
    if not wanted:
        return [[] for _ in texts]
    beginnings = pa.array([text[:MOST_SEARCHED] for text in texts], pa.large_string())
    around = f"{HIT_BEGINS}\\0{HIT_ENDS}"
    marked = pc.replace_substring_regex(beginnings, to_pattern(wanted, is_pattern), around)
    return [read_marks(text) for text in marked.to_pylist()]


def read_marks(marked: str) -> list[tuple[int, int]]:
    """Return where the hits that are marked in a text are without the marks, but for empty ones."""
    hits, place = [], 0
    before, *rest = marked.split(HIT_BEGINS)
    place += len(before)
    for part in rest:
        hit, _, after = part.partition(HIT_ENDS)
        if hit:
            hits.append((place, place + len(hit)))
        place += len(hit) + len(after)
    return hits


def make_panel(browser: TweetBrowser) -> Widget:
    """Return a browser's controls, above what they find."""
    page = LiveHTML(label="texts that match: arrow keys turn the page", heard_keys=list(TURNS))
    names = [shorten(name, NAME_CHARACTERS) for name in browser.label_names]
    label = Dropdown(
        description="class",
        options=[("all classes", ALL), *((name, rank) for rank, name in enumerate(names))],
    )
    wanted = Text(description="contains", placeholder="a word")
    is_pattern = Checkbox(description="as a regular expression", indent=False)
    shortest, longest = int(browser.lengths.min(initial=0)), int(browser.lengths.max(initial=1))
    words = IntRangeSlider(
        description="words",
        min=shortest,
        max=longest,
        value=(shortest, longest),
    )
    days = SelectionRangeSlider(
        description="days",
        options=[(day, number) for number, day in enumerate(browser.days)] or [("no day", 0)],
        index=(0, max(len(browser.days) - 1, 0)),
        readout=False,  # which has no room for two days
    )
    whole = days.value
    from_to = Label(layout={"margin": "2px 2px 2px 12px"})  # clear of the slider's handle

    def show() -> None:
        from_to.value = " to ".join(days.label)
        page.html = browser.html(has_buttons=True)

    def choose(change: dict) -> None:
        choice = Choice(
            label=None if label.value == ALL else label.value,
            days=None if days.value == whole else days.value,
            words=words.value,
            wanted=wanted.value,
            is_pattern=is_pattern.value,
        )
        browser.choose(choice)
        show()

    def turn(where: str) -> None:
        browser.turn(TURNS.get(where, where))
        show()

    for control in (label, wanted, is_pattern, words, days):
        control.layout = Layout(width="auto", min_width="22em")
        control.observe(choose, "value")
    is_pattern.layout = Layout(width="auto")
    groups = [[label], [wanted, is_pattern], [words], [days, from_to]]
    if len(browser.days) < 2:  # there is nothing to choose
        groups.pop()
    controls = [HBox(group, layout=wrapped()) for group in groups]
    page.on_pick(turn)
    page.on_key(turn)
    show()
    return VBox([HBox(controls, layout=wrapped()), page])


def wrapped() -> Layout:
    """Return the layout of a row that continues below where the window is narrow."""
    return Layout(flex_flow="row wrap", align_items="center")


def browse_tweets(
    texts: pd.Series,
    labels: pd.Series,
    days: pd.Series,
    label_names: Sequence[str],
    ordered: bool = True,
) -> None:
    """Show a browser of texts, by class, day, length and by what is in them.

    `texts`, `labels` (names of classes) and `days` (datetimes, or NaT) share an index of row ids.
    `ordered` says whether the classes have an order, for their colours.
    """
    browser = TweetBrowser(texts, labels, days, label_names, ordered)
    display_live(lambda: make_panel(browser), browser.html())
