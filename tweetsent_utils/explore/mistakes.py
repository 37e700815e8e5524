"""Mistakes, stepped through: pick a cell of the confusion matrix, read its texts, mark them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
from ipywidgets import Dropdown, FloatRangeSlider, HBox, Layout, VBox

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.inputs import require_ranks
from tweetsent_utils.evaluation.predictions import class_probabilities
from tweetsent_utils.explore.bars import probability_bars
from tweetsent_utils.explore.buttons import button
from tweetsent_utils.explore.by_hand import FOLDER, HandTable, Row
from tweetsent_utils.explore.confusion_table import cells_html
from tweetsent_utils.explore.foreign_text import make_readable, name_to_html, shorten, text_block
from tweetsent_utils.explore.list_verdict import ask_list, show_verdict
from tweetsent_utils.explore.live_html import LiveHTML, display_live
from tweetsent_utils.explore.saved_file import saved_html

FILE = "marks.csv"
COLUMNS = ("label", "answer", "probability", "mark")
MARKS = {"1": "label wrong", "2": "model wrong", "3": "unclear"}
TAKE_BACK = "0"
PREVIOUS, NEXT, CLEAR = "previous", "next", "clear"
MISTAKES, EVERYTHING, MARKED = "mistakes", "all texts", "marked"  # what can be shown
MOST_SAID = 300  # characters of a text that a screen reader says
LONGEST_NAME = 60  # of a class, in what it says


def step_through_mistakes(
    predictions: pd.DataFrame,
    texts: Sequence[str],
    label_order: Sequence[str],
    folder: Path,
    ordered: bool = True,
    slices: Mapping[str, Sequence[bool]] | None = None,
) -> None:
    """Show a confusion matrix to pick cells of, and the texts in them, to read and to mark.

    `predictions` is a table of N rows as `tabulate_predictions` gives it, `texts` are its N texts,
    and `slices` tell which of them belong to each group, as `make_slices` does. Marks are saved in
    `by_hand/marks.csv` in `folder`, without the texts, and read again. Raises `TweetsentError`
    for tables that do not belong together.
    """

    def open_mistakes() -> Mistakes:
        return Mistakes(predictions, texts, label_order, ordered, slices)

    def make_widget() -> VBox:
        mistakes = open_mistakes()
        mistakes.open_marks(folder / FOLDER / FILE)
        return make_panel(mistakes)

    display_live(make_widget, open_mistakes().html(is_live=False))


class Mistakes:
    """N answers of a model, of which some are shown: those of a cell, a slice, a confidence."""

    def __init__(
        self,
        predictions: pd.DataFrame,
        texts: Sequence[str],
        label_order: Sequence[str],
        ordered: bool = True,
        slices: Mapping[str, Sequence[bool]] | None = None,
    ) -> None:
        require_columns(predictions, label_order)
        self.names = list(label_order)
        self.ordered = ordered
        self.texts = list(texts)
        self.labels = require_ranks("labels", predictions["label"], len(self.names))
        self.answers = require_ranks("predictions", predictions["prediction"], len(self.names))
        confidence = predictions["confidence"].to_numpy(dtype=float)
        self.confidence = np.nan_to_num(confidence).clip(0, 1)  # rounding may end a hair above 1
        self.probabilities = class_probabilities(predictions, self.names)
        self.row_ids = [str(row_id) for row_id in predictions["row_id"]]
        self.slices = {name: np.asarray(members) for name, members in (slices or {}).items()}
        self.require_equal_lengths()

        self.table: HandTable | None = None
        self.problem = ""  # of the last attempt to save a mark
        self.shown = MISTAKES
        self.slice = ""  # the name of one, or "" for all texts
        self.range = (0.0, 1.0)  # of the confidence
        self.cell: tuple[int, int] | None = None  # a label and an answer
        self.found = np.array([], dtype=int)  # positions of what is shown, in order
        self.place = 0  # among them; behind the last is the end
        self.find()

    def require_equal_lengths(self) -> None:
        """Refuse texts or slices of another table."""
        lengths = {"texts": len(self.texts)}
        lengths |= {f"rows in the slice {name}": len(rows) for name, rows in self.slices.items()}
        for what, length in lengths.items():
            if length != len(self.labels):
                there_are = f"there are {len(self.labels):,} predictions and {length:,} {what}"
                raise TweetsentError(f"{there_are}: give those of the same table")

    def open_marks(self, path: Path) -> None:
        """Read the marks that were made before, and save those to come in the same file."""

        def fits(row: Row) -> bool:
            return row["mark"] in MARKS.values()

        texts = dict(zip(self.row_ids, self.texts, strict=True))
        self.table = HandTable(path, COLUMNS, texts, fits)

    def label_name(self, position: int) -> str:
        """Return the name of a text's label."""
        return str(self.names[self.labels[position]])

    def answer_name(self, position: int) -> str:
        """Return the name of the model's answer to a text."""
        return str(self.names[self.answers[position]])

    # What is shown

    def choose(
        self,
        shown: str | None = None,
        slice_name: str | None = None,
        confidence: tuple[float, float] | None = None,
    ) -> None:
        """Change filters. Another choice of what to show leaves the cell of the matrix."""
        if shown is not None:
            self.shown, self.cell = shown, None
        if slice_name is not None:
            self.slice = slice_name
        if confidence is not None:
            self.range = confidence
        self.find()

    def find(self) -> None:
        """List what passes all filters, the surest answer first, and go to the first."""
        passes = self.in_view()
        if self.cell is not None:
            label, answer = self.cell
            passes &= (self.labels == label) & (self.answers == answer)
        elif self.shown == MISTAKES:
            passes &= self.labels != self.answers
        elif self.shown == MARKED:
            passes &= np.isin(self.row_ids, list(self.marks()))
        positions = np.flatnonzero(passes)
        self.found = positions[np.argsort(-self.confidence[positions], kind="stable")]
        self.place = 0

    def in_view(self) -> np.ndarray:
        """Return which texts are of the slice and of the confidence, and so in the matrix."""
        low, high = self.range
        passes = (self.confidence >= low) & (self.confidence <= high)
        if self.slice in self.slices:
            passes &= self.slices[self.slice]
        return passes

    def count_cells(self) -> np.ndarray:
        """Return the confusion matrix of the texts in view, of shape (classes, classes)."""
        in_view = self.in_view()
        classes = len(self.names)
        cells = self.labels[in_view] * classes + self.answers[in_view]
        return np.bincount(cells, minlength=classes**2).reshape(classes, classes)

    # What a person does

    def pick(self, value: str) -> None:
        """Do what a button says: `cell 0 1`, `mark 1`, `previous`, `next` or `clear`."""
        action, *numbers = value.split()
        if action == "cell":
            cell = (int(numbers[0]), int(numbers[1]))
            self.cell = None if self.cell == cell else cell
            self.find()
        elif action == "mark":
            self.mark(numbers[0])
        elif action == CLEAR:
            self.choose(shown=self.shown)
        else:
            self.go(action)

    def press(self, key: str) -> None:
        """Do what a key says: an arrow, or the number of a mark."""
        if key in ("ArrowLeft", "ArrowRight"):
            self.go(PREVIOUS if key == "ArrowLeft" else NEXT)
        else:
            self.mark(key)

    def go(self, where: str) -> None:
        """Go to the previous text or the next; after the last comes the end."""
        self.problem = ""
        step = 1 if where == NEXT else -1
        self.place = min(max(self.place + step, 0), len(self.found))

    def here(self) -> int | None:
        """Return the position of the text that is shown; None at the end."""
        return int(self.found[self.place]) if self.place < len(self.found) else None

    def mark(self, key: str) -> None:
        """Mark the text that is shown, or take its mark back, and save that at once."""
        position = self.here()
        if position is None or self.table is None:
            return
        self.problem = ""
        row_id = self.row_ids[position]
        try:
            if key == TAKE_BACK:
                self.table.take_back(row_id)
            else:
                self.table.put(
                    row_id,
                    label=self.label_name(position),
                    answer=self.answer_name(position),
                    probability=f"{self.confidence[position]:.6f}",
                    mark=MARKS[key],
                )
        except TweetsentError as error:
            self.problem = f"Not saved: {error}."

    def marks(self) -> dict[str, str]:
        """Return the marks so far by row id."""
        rows = self.table.rows if self.table else {}
        return {row_id: row["mark"] for row_id, row in rows.items()}

    # The picture

    def html(self, is_live: bool = True) -> str:
        """Return all that is shown, as HTML; without what can be pressed where nobody can."""
        matrix = self.count_cells()
        parts = [cells_html(matrix, self.names, self.cell, is_live), self.where_html(is_live)]
        position = self.here()
        if is_live and position is not None:
            parts.append(self.mark_buttons(position))
        parts.append(self.end_html() if position is None else self.card_html(position))
        if is_live:
            parts.append(self.saved_html())
        return "".join(parts)

    def where_html(self, is_live: bool) -> str:
        """Return which texts are shown, the place among them, and buttons to step."""
        if self.cell is not None:
            label, answer = (name_to_html(self.names[rank]) for rank in self.cell)
            what = f"label {label}, answer {answer}"
        else:
            what = self.shown
        count = len(self.found)
        place = f"{self.place + 1:,} of {count:,}" if self.place < count else f"{count:,}"
        if not is_live:
            return f'<div class="row">{place} · {what}</div>'
        words = f'<span data-say="{escape(self.text_in_short(place))}">{place} · {what}</span>'
        back = button(PREVIOUS, "← back")
        on = button(NEXT, "next →")
        clear = button(CLEAR, "leave the cell") if self.cell is not None else ""
        return f'<div class="row">{back}{on}{words}{clear}</div>'

    def text_in_short(self, place: str) -> str:
        """Return for the ears the place, and of what is shown there the text, label and answer."""
        position = self.here()
        if position is None:
            return f"the end of {place}"
        text = shorten(self.texts[position], MOST_SAID)
        label = shorten(self.label_name(position), LONGEST_NAME)
        answer = shorten(self.answer_name(position), LONGEST_NAME)
        return f"{place}: {text} Label {label}, answer {answer}."

    def mark_buttons(self, position: int) -> str:
        """Return a button for each mark, that of the text pressed, and one to take it back."""
        given = self.marks().get(self.row_ids[position])
        buttons = [
            button(f"mark {key}", f"<kbd>{key}</kbd> {mark}", is_pressed=mark == given)
            for key, mark in MARKS.items()
        ]
        buttons.append(button(f"mark {TAKE_BACK}", f"<kbd>{TAKE_BACK}</kbd> no mark"))
        return f'<div class="row" role="group" aria-label="your mark">{"".join(buttons)}</div>'

    def card_html(self, position: int) -> str:
        """Return a text with its label, the answer, all probabilities and the word list's score."""
        label, answer = self.labels[position], self.answers[position]
        facts = [
            f"label <b>{name_to_html(self.names[label])}</b>",
            f"answer <b>{name_to_html(self.names[answer])}</b>, {self.confidence[position]:.2f}",
            f"row {name_to_html(self.row_ids[position])}",
        ]
        if self.row_ids[position] in self.marks():
            facts.append(self.mark_html(position))
        bars = probability_bars(
            self.probabilities[position], self.names, self.ordered, always=label
        )
        return (
            text_block(self.texts[position])
            + f"<div>{' · '.join(facts)}</div>"
            + bars
            + f'<div class="quiet">{self.list_html(position)}</div>'
        )

    def mark_html(self, position: int) -> str:
        """Return the mark of the text that is shown, and what was marked if that has changed."""
        row = self.table.rows[self.row_ids[position]]
        earlier = ""
        if (row["label"], row["answer"]) != (self.label_name(position), self.answer_name(position)):
            label, answer = name_to_html(row["label"]), name_to_html(row["answer"])
            earlier = f" when its label was {label} and the answer {answer}"
        said = f"{self.place + 1:,}: marked {row['mark']}"
        return f'<span data-say="{said}">marked <b>{row["mark"]}</b>{earlier}</span>'

    def list_html(self, position: int) -> str:
        """Return what the word list says of a text."""
        return show_verdict(ask_list(make_readable(self.texts[position]), self.names))

    def end_html(self) -> str:
        """Return what comes after the last text: how often each mark was given."""
        if not len(self.found) and self.shown == MARKED and not self.marks():
            return "<p>Nothing is marked yet.</p>"
        if not len(self.found):
            return "<p>No text passes these filters: pick another cell or slice, or widen them.</p>"
        given = Counter(self.marks().values())
        rows = [
            f'<tr><th scope="row">{mark}</th><td>{given[mark]:,}</td></tr>'
            for mark in MARKS.values()
        ]
        words = f"<p>That was the last. Marked so far: {given.total():,}</p>"
        return f"{words}<table>{''.join(rows)}</table>"

    def saved_html(self) -> str:
        """Return how many texts are marked and where that is saved, and what went wrong."""
        if self.table is None:
            return ""
        given = Counter(self.marks().values())
        counts = ", ".join(f"{given[mark]:,} {mark}" for mark in MARKS.values())
        marked = f"Marked: {given.total():,} ({counts}). {saved_html(self.table)}"
        problems = [problem for problem in (self.table.note, self.problem) if problem]
        told = "".join(f'<div role="alert">{escape(words)}</div>' for words in problems)
        return f'<div class="quiet">{marked}</div>{told}'


def require_columns(predictions: pd.DataFrame, label_order: Sequence[str]) -> None:
    """Refuse a table that lacks a column of `tabulate_predictions`."""
    needed = ["row_id", "label", "prediction", "confidence"]
    needed += [f"p_{label}" for label in label_order]
    missing = [column for column in needed if column not in predictions]
    if missing:
        what = f"the predictions have no column {missing[0]!r}"
        raise TweetsentError(f"{what}: give a table as tabulate_predictions makes it")


def make_panel(mistakes: Mistakes) -> VBox:
    """Return the controls and the page of mistakes that can be stepped through."""
    page = LiveHTML(
        html=mistakes.html(),
        label="mistakes: arrows step, 1 to 3 mark, 0 takes a mark back",
        heard_keys=["ArrowLeft", "ArrowRight", *MARKS, TAKE_BACK],
    )
    wide = {"description_width": "initial"}
    shown = Dropdown(
        options=[MISTAKES, EVERYTHING, MARKED],
        description="show",
        style=wide,
        layout=Layout(width="max-content"),
    )
    of_slice = Dropdown(
        options=[("all texts", ""), *((name, name) for name in mistakes.slices)],
        description="among",
        style=wide,
        layout=Layout(width="max-content"),
    )
    confidence = FloatRangeSlider(
        value=mistakes.range,
        min=0,
        max=1,
        step=0.05,
        readout_format=".2f",
        description="confidence",
        style=wide,
    )

    def draw() -> None:
        page.html = mistakes.html()

    def filter_texts(change: dict) -> None:
        mistakes.choose(slice_name=of_slice.value, confidence=confidence.value)
        draw()

    def show(change: dict) -> None:
        mistakes.choose(shown=shown.value)
        draw()

    def pick(value: str) -> None:
        mistakes.pick(value)
        draw()

    def press(key: str) -> None:
        mistakes.press(key)
        draw()

    shown.observe(show, "value")
    of_slice.observe(filter_texts, "value")
    confidence.observe(filter_texts, "value")
    page.on_pick(pick)
    page.on_key(press)
    controls = [shown, of_slice, confidence]
    return VBox([HBox(controls, layout=Layout(flex_flow="row wrap")), page])
