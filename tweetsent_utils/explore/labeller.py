"""Label a hundred texts yourself, blind, and see with whom you agree."""

import time
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
from ipywidgets import Text, VBox

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.agreement import tabulate_accuracy, tabulate_agreement
from tweetsent_utils.evaluation.inputs import require_ranks
from tweetsent_utils.explore.buttons import button
from tweetsent_utils.explore.by_hand import FOLDER, HandTable
from tweetsent_utils.explore.foreign_text import name_to_html, shorten, text_block
from tweetsent_utils.explore.label_files import LabelFiles, labels_in, plain_name
from tweetsent_utils.explore.live_html import LiveHTML, display_live
from tweetsent_utils.explore.saved_file import saved_html
from tweetsent_utils.explore.score_tables import accuracy_html, agreement_html

LABELS, MODEL, LIST = "the file's labels", "the model", "the word list"
FASTEST = 0.2  # seconds; a key that comes sooner was pressed before the text could be seen
TOO_FAST = (
    f"No label yet: within {FASTEST} seconds of a new text, a key or a click counts as pressed "
    "twice. Press it again."
)
FEWEST = 10  # labels, before which there is nothing to see
MOST_KEYS = 9
MOST_SAID = 300  # characters of a text that a screen reader says
LONGEST_NAME = 60  # of a class, in what it says
MOST_DIFFERENCES = 10  # texts that are shown at the end
BACK, SKIP, RESULTS, RESUME = "back", "skip", "results", "resume"


def label_yourself(
    predictions: pd.DataFrame,
    texts: Sequence[str],
    label_order: Sequence[str],
    folder: Path,
    ordered: bool = True,
    by_list: Sequence[int] | None = None,
    rows: int = 100,
    seed: int = 0,
) -> None:
    """Show a page on which a person labels a draw of texts, and then who agrees with whom.

    `predictions` is a table of N rows with `row_id`, `label` and `prediction`, `texts` are its N
    texts, and `by_list` the N ranks that a rule gives them, if there is one. Whoever labels gets
    the same `rows` texts in the same order. Each person's labels are saved in `by_hand/` in
    `folder`, without the texts, and read again. Raises `TweetsentError` for tables that do not
    belong together.
    """

    def open_labeller() -> Labeller:
        return Labeller(
            predictions, texts, label_order, folder / FOLDER, ordered, by_list, rows, seed
        )

    display_live(lambda: make_panel(open_labeller()), open_labeller().html(is_live=False))


class Labeller:
    """A draw of texts, and the labels that one person after another gives to them."""

    def __init__(
        self,
        predictions: pd.DataFrame,
        texts: Sequence[str],
        label_order: Sequence[str],
        folder: Path,
        ordered: bool = True,
        by_list: Sequence[int] | None = None,
        rows: int = 100,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.names = [str(name) for name in label_order]
        self.ordered = ordered
        self.clock = clock
        given = {LABELS: predictions["label"], MODEL: predictions["prediction"]}
        if by_list is not None:
            given[LIST] = by_list
        self.ranks = {
            who: require_ranks(f"ranks of {who}", ranks, len(self.names))
            for who, ranks in given.items()
        }
        self.all_texts = list(texts)
        self.require_equal_lengths()

        drawn = np.random.default_rng(seed).permutation(len(predictions))[:rows]
        self.texts = [self.all_texts[position] for position in drawn]
        self.row_ids = [str(row_id) for row_id in predictions["row_id"].iloc[drawn]]
        self.programs = {who: ranks[drawn] for who, ranks in self.ranks.items()}
        texts_by_id = dict(zip(self.row_ids, self.texts, strict=True))
        self.files = LabelFiles(folder, texts_by_id, self.names)

        self.table: HandTable | None = None  # of the person who labels
        self.person = ""
        self.note = ""  # what somebody should know now, such as what went wrong
        self.saved = ""  # what the last key or click did, for the ears
        self.place = 0  # in the draw; behind the last text is the end
        self.shown_at = clock()
        self.shows_results = False

    def require_equal_lengths(self) -> None:
        """Refuse texts or ranks of another table."""
        rows = len(self.ranks[LABELS])
        lengths = {"texts": len(self.all_texts)}
        lengths |= {f"ranks of {who}": len(ranks) for who, ranks in self.ranks.items()}
        for what, length in lengths.items():
            if length != rows:
                there_are = f"there are {rows:,} predictions and {length:,} {what}"
                raise TweetsentError(f"{there_are}: give those of the same table")

    # People and their files

    def start(self, name: str) -> None:
        """Let a person begin, or go on at the first text that has no label of theirs yet."""
        self.person, self.table, self.note = plain_name(name), None, ""
        if self.person:
            self.table = self.files.open(self.person)
            self.resume()
            if self.table.known:
                self.note = (
                    f"Going on as {self.person}, with {len(self.given()):,} labels of these texts. "
                    "Names that differ only in capitals, spaces or signs count as one: if somebody "
                    "else gave the labels, type another name."
                )
        elif name.strip():
            self.note = "A name needs a letter or a digit: type another."

    def people(self) -> dict[str, dict[str, str]]:
        """Return the labels of all people, whoever labels now first, by person and row id."""
        return self.files.labels(self.person, self.table)

    def given(self) -> dict[str, str]:
        """Return the labels of whoever labels now, by row id."""
        return labels_in(self.table) if self.table else {}

    # What a person does

    def pick(self, value: str) -> None:
        """Do what a button says: `label 12 0` (of text 12, the first class), `back`, `skip` ..."""
        action, _, rest = value.partition(" ")
        if action == "label":
            place, rank = map(int, rest.split())
            if place == self.place:  # else the second click of two on one button
                self.label(rank)
        elif action == "person":
            self.start(rest)
        elif action == RESULTS:
            self.shows_results = not self.shows_results
        elif action == RESUME:
            self.resume()
        else:
            self.go(-1 if action == BACK else 1)

    def press(self, key: str) -> None:
        """Do what a key says: the number of a class, or an arrow."""
        if key.isdigit():
            self.label(int(key) - 1)
        else:
            self.go(-1 if key == "ArrowLeft" else 1)

    def label(self, rank: int) -> None:
        """Give the text that is shown a class, save that, and go to the next without a label."""
        seconds = self.clock() - self.shown_at
        if self.table is None or self.place == len(self.texts) or rank >= len(self.names):
            return
        if seconds < FASTEST:
            self.note = TOO_FAST
            return
        row_id, label = self.row_ids[self.place], self.names[rank]
        try:
            self.table.put(row_id, label=label, seconds=f"{seconds:.1f}")
        except TweetsentError as error:
            self.note = f"Not saved: {error}."
            return
        self.show(self.next_without(self.place + 1))
        self.saved = f"Saved: {shorten(label, LONGEST_NAME)}."

    def go(self, step: int) -> None:
        """Go some texts on, or back."""
        self.show(min(max(self.place + step, 0), len(self.texts)))

    def resume(self) -> None:
        """Go to the first text without a label, or to the end."""
        self.show(self.next_without(0))

    def next_without(self, first: int) -> int:
        """Return the place, from `first` on, of a text without a label; else that of the end."""
        given = self.given()
        places = range(first, len(self.texts))
        missing = (place for place in places if self.row_ids[place] not in given)
        return next(missing, len(self.texts))

    def show(self, place: int) -> None:
        """Show the text at a place, and take the time from now on."""
        self.place = place
        self.note = self.saved = ""
        self.shows_results = False
        self.shown_at = self.clock()

    # What comes out

    def raters(self) -> dict[str, np.ndarray]:
        """Return the ranks that each person and then each program gives to the texts drawn.

        People with hardly a label are left out.
        """
        rank_of = {name: float(rank) for rank, name in enumerate(self.names)}
        people = {
            person: np.array([rank_of.get(given.get(row_id), np.nan) for row_id in self.row_ids])
            for person, given in self.people().items()
            if len(given) >= min(FEWEST, len(self.texts))
        }
        return people | self.programs

    def agreement(self) -> pd.DataFrame:
        """Return how far each two of people and programs agree; see `tabulate_agreement`."""
        return tabulate_agreement(self.raters(), self.ordered)

    def accuracy(self) -> pd.DataFrame:
        """Return how often the model is right by the labels of each; see `tabulate_accuracy`.

        The file's labels count on the texts that the person has labelled, and on all there are.
        """
        people = self.raters()
        for who in self.programs:
            people.pop(who)
        labels = {f"{person}'s labels": given for person, given in people.items()}
        if people:
            is_labelled = ~np.isnan(next(iter(people.values())))
            of_file = np.where(is_labelled, self.programs[LABELS], np.nan)
            labels[f"{LABELS} of the same texts"] = of_file
        on_drawn = tabulate_accuracy(self.programs[MODEL], labels)
        every = {f"{LABELS} of all texts": self.ranks[LABELS]}
        return pd.concat([on_drawn, tabulate_accuracy(self.ranks[MODEL], every)])

    # The picture

    def html(self, is_live: bool = True) -> str:
        """Return all that is shown, as HTML; without what can be pressed where nobody can."""
        if not is_live:
            return self.still_html()
        note = f'<div role="alert">{escape(self.note)}</div>' if self.note else ""
        if self.table is None:
            return note + self.welcome_html()
        if self.table.note:
            note += f'<div role="alert">{escape(self.table.note)}</div>'
        is_end = self.place == len(self.texts)
        parts = [self.progress_html(), self.end_html() if is_end else self.text_html()]
        if is_end or self.shows_results:
            parts.append(self.results_html())
        if is_end and len(self.given()) == len(self.texts):
            parts.append(self.differences_html())
        return "".join([*parts, note, self.saved_html()])

    def still_html(self) -> str:
        """Return the picture for where nobody labels: a text, the classes, and who agrees so far.

        People are in it who have labelled before.
        """
        words = (
            f"The first of {len(self.texts):,} texts. In JupyterLab you label them, blind; "
            "how far the others agree with each other is in the table."
        )
        classes = " · ".join(name_to_html(name) for name in self.names)
        parts = [
            f'<p class="quiet">{words}</p>',
            text_block(self.texts[0]),
            f"<p>{classes}</p>",
            agreement_html(self.agreement(), self.ordered),
        ]
        if len(self.raters()) > len(self.programs):
            parts.append(accuracy_html(self.accuracy()))
        return "".join(parts)

    def welcome_html(self) -> str:
        """Return what a person should know before they begin, and who was here before."""
        rows = len(self.texts)
        words = (
            f"<p>Type your name and press Enter. You'll see {rows:,} texts, one at a time, without "
            "their labels and without the model's answers. Give each a class with the number keys "
            "or the buttons; the left arrow goes back, and the space bar skips a text. A key "
            f"within {FASTEST} seconds of a new text gives no label, in case you pressed twice.</p>"
            "<p>A second person types another name, and sees the same texts in the same order.</p>"
            "<p>Nothing is uploaded. Each label is saved at once in the run's folder on this "
            "computer, with the row's id and without the text.</p>"
        )
        people = [
            button(
                f"person {person}", f"go on as {name_to_html(person)} ({len(given):,} of {rows:,})"
            )
            for person, given in self.people().items()
        ]
        return words + (f'<div class="row">{"".join(people)}</div>' if people else "")

    def progress_html(self) -> str:
        """Return how far the person has come, in words and as a bar."""
        rows, done = len(self.texts), len(self.given())
        where = f"{self.place + 1:,} of {rows:,}" if self.place < rows else "the end"
        who = name_to_html(self.person)
        said = escape(f"{self.saved} {self.person}, {where}: {self.text_in_short()}".strip())
        words = f'<span data-say="{said}">{who}: <b>{where}</b> · {done:,} labelled</span>'
        bar = f'<progress max="{rows}" value="{done}" aria-label="texts labelled"></progress>'
        return f'<div class="row">{words}{bar}</div>'

    def text_in_short(self) -> str:
        """Return the text that is shown, for the ears, and the label if the person gave it one."""
        if self.place == len(self.texts):
            return f"{len(self.given()):,} labelled"
        given = self.given().get(self.row_ids[self.place])
        label = f" Your label: {shorten(given, LONGEST_NAME)}." if given else ""
        return f"{shorten(self.texts[self.place], MOST_SAID)}{label}"

    def text_html(self) -> str:
        """Return the text to label, a button for each class, and buttons to go on or back."""
        given = self.given().get(self.row_ids[self.place])
        classes = []
        for rank, name in enumerate(self.names):
            key = f"<kbd>{rank + 1}</kbd> " if rank < MOST_KEYS else ""
            pick = f"label {self.place} {rank}"
            classes.append(button(pick, f"{key}{name_to_html(name)}", is_pressed=name == given))
        steps = [button(BACK, "← back"), button(SKIP, "skip →")]
        if self.person in self.raters():
            words = "hide the results" if self.shows_results else "show so far"
            steps.append(button(RESULTS, words, is_pressed=self.shows_results))
        return (
            f'<div class="tall">{text_block(self.texts[self.place])}</div>'
            f'<div class="row" role="group" aria-label="its class">{"".join(classes)}</div>'
            f'<div class="row">{"".join(steps)}</div>'
        )

    def end_html(self) -> str:
        """Return what is said after the last text, and the way back to those without a label."""
        rows, given = len(self.texts), self.given()
        if len(given) == rows:
            seconds = [float(row["seconds"]) for row in self.table.rows.values()]
            took = f"At the median, a text took you {np.median(seconds):.1f} seconds."
            return f"<p>That was the last of {rows:,}. {took}</p>"
        missing = button(RESUME, f"label the rest ({rows - len(given):,})")
        return f'<div class="row">That was the last. {missing}</div>'

    def differences_html(self) -> str:
        """Return some texts, folded, that the person and the file label most differently."""
        mine = self.raters()[self.person]
        distances = abs(mine - self.programs[LABELS])
        places = [place for place in np.argsort(-distances, kind="stable") if distances[place]]
        cards = []
        for place in places[:MOST_DIFFERENCES]:
            said = {"you": mine[place]} | {who: by[place] for who, by in self.programs.items()}
            notes = [f"{who}: {name_to_html(self.names[int(rank)])}" for who, rank in said.items()]
            cards.append(f"{text_block(self.texts[place])}<p>{' · '.join(notes)}</p>")
        some = f": {len(cards)} of them" if len(cards) < len(places) else ""
        title = f"<summary>You and {LABELS} differ on {len(places):,} texts{some}</summary>"
        return f"<details>{title}{''.join(cards)}</details>"

    def results_html(self) -> str:
        """Return who agrees with whom, and how often the model is right by whose labels."""
        if self.person not in self.raters():
            return f'<p class="quiet">From {FEWEST} labels on, this shows who agrees with you.</p>'
        agreement = agreement_html(self.agreement(), self.ordered)
        return agreement + accuracy_html(self.accuracy())

    def saved_html(self) -> str:
        """Return where the labels are, and that they stay there."""
        return f'<div class="quiet">Nothing is uploaded. {saved_html(self.table)}</div>'


def make_panel(labeller: Labeller) -> VBox:
    """Return the control and the page on which people label."""
    keys = [str(number) for number in range(1, min(len(labeller.names), MOST_KEYS) + 1)]
    page = LiveHTML(
        html=labeller.html(),
        label="a text to label: numbers give a class, left arrow goes back, space bar skips",
        heard_keys=[*keys, "ArrowLeft", "ArrowRight", " "],
    )
    name = Text(description="your name", placeholder="any name", continuous_update=False)

    def start(change: dict) -> None:
        labeller.start(name.value)
        page.html = labeller.html()
        if labeller.person:
            page.focus()

    def pick(value: str) -> None:
        labeller.pick(value)
        if plain_name(name.value) != labeller.person:
            name.value = labeller.person  # who went on by a button; typing another name is heard
        page.html = labeller.html()

    def press(key: str) -> None:
        labeller.press(key)
        page.html = labeller.html()

    name.observe(start, "value")
    page.on_pick(pick)
    page.on_key(press)
    return VBox([name, page])
