"""A hundred texts, labelled as people do it: keys, skips, a break, a second person, results."""

import csv
import re
from base64 import b64decode
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.explore.label_files import plain_name
from tweetsent_utils.explore.labeller import Labeller, label_yourself, make_panel
from tweetsent_utils.explore.live_html import WIDGET_VIEW

NAMES = ["low", "<b>", "high"]
ROWS = 30
random = np.random.default_rng(0)
LABELS = random.integers(0, 3, ROWS)
ANSWERS = np.where(random.random(ROWS) < 0.7, LABELS, (LABELS + 1) % 3)
TEXTS = [f"text number {row} <i>" for row in range(ROWS)]
PREDICTIONS = pd.DataFrame({"row_id": range(100, 130), "label": LABELS, "prediction": ANSWERS})


class Clock:
    """Each look at it takes a second."""

    now = 50.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def open_labeller(folder: Path, name: str = "Ann", rows: int = 20, **more: object) -> Labeller:
    opened = Labeller(PREDICTIONS, TEXTS, NAMES, folder, True, LABELS, rows, clock=Clock(), **more)
    if name:
        opened.start(name)
    return opened


def text(opened: Labeller) -> str:
    found = re.search(r"text number (\d+)", opened.html())
    return found[1] if found else ""


def label_all(opened: Labeller, given: np.ndarray) -> None:
    """Label what is left as the ranks `given` to all texts say."""
    while opened.place < len(opened.texts):
        opened.press(str(given[int(text(opened))] + 1))


def read(file: Path) -> list[dict[str, str]]:
    with open(file, newline="") as lines:
        return list(csv.DictReader(lines))


def test_each_label_is_saved_at_once_with_its_time_and_without_the_text(tmp_path):
    opened = open_labeller(tmp_path)
    first = text(opened)
    opened.clock.now += 3.21
    opened.press("2")
    (row,) = read(tmp_path / "labels-ann.csv")
    assert (row["row_id"], row["label"], row["seconds"]) == (str(100 + int(first)), "<b>", "4.2")
    assert "number" not in (tmp_path / "labels-ann.csv").read_text()


def test_everybody_sees_the_same_texts_in_the_same_order_whatever_was_labelled(tmp_path):
    seen = []
    for name in ("Ann", "Bob"):
        opened = open_labeller(tmp_path, name)
        texts = []
        while opened.place < 20:
            texts.append(text(opened))
            opened.press(" ")
        seen.append(texts)
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == 20
    assert open_labeller(tmp_path, rows=25).texts[:20] == opened.texts
    assert open_labeller(tmp_path, seed=1).texts != opened.texts


def test_it_is_blind_until_the_end(tmp_path):
    opened = open_labeller(tmp_path)
    pages = []
    while opened.place < 19:
        pages.append(opened.html())
        opened.press("1")
    for page in pages:
        assert 'pressed="true"' not in page
        assert "the model" not in page


def test_back_skip_and_a_break(tmp_path):
    opened = open_labeller(tmp_path)
    first = text(opened)
    opened.press(" ")
    second = text(opened)
    opened.press("1")
    opened.press("ArrowLeft")
    assert text(opened) == second
    assert re.search('aria-pressed="true"><kbd>1', opened.html())
    opened.press("3")  # one changes one's mind
    assert [row["label"] for row in read(tmp_path / "labels-ann.csv")] == ["high"]
    again = open_labeller(tmp_path)
    assert text(again) == first  # the first without a label
    again.press("1")
    assert [row["label"] for row in read(tmp_path / "labels-ann.csv")] == ["high", "low"]
    assert again.place == 2  # what has a label is not asked for again


def test_skipped_texts_are_offered_at_the_end(tmp_path):
    opened = open_labeller(tmp_path)
    skipped = text(opened)
    opened.press("ArrowRight")
    label_all(opened, LABELS)
    assert "the rest (1)" in opened.html()
    opened.pick("resume")
    assert text(opened) == skipped


def test_the_second_of_two_clicks_labels_no_other_text(tmp_path):
    opened = open_labeller(tmp_path)
    opened.pick("label 0 1")
    opened.pick("label 0 1")
    assert len(read(tmp_path / "labels-ann.csv")) == 1


def test_a_key_that_was_pressed_before_the_text_was_there_labels_nothing(tmp_path):
    opened = open_labeller(tmp_path)
    opened.press("1")
    opened.clock.now -= 0.99
    opened.press("1")
    assert len(read(tmp_path / "labels-ann.csv")) == 1
    assert re.search('role="alert">[^<]*Press it again', opened.html())
    opened.press("1")
    assert len(read(tmp_path / "labels-ann.csv")) == 2
    assert 'role="alert"' not in opened.html()


def test_whoever_types_a_name_of_the_same_letters_learns_that_it_is_taken(tmp_path):
    open_labeller(tmp_path, "Ann B").press("1")
    assert 'role="alert"' in open_labeller(tmp_path, "ann-b").html()
    assert 'role="alert"' not in open_labeller(tmp_path, "bob").html()


def test_a_screen_reader_is_told_the_place_the_text_and_what_was_saved(tmp_path):
    opened = open_labeller(tmp_path)
    opened.press("2")
    (said,) = re.findall('data-say="([^"]*)"', opened.html())
    assert "2 of 20" in said
    assert f"text number {text(opened)} " in said
    assert "&lt;b&gt;" in said  # the label of the text before


def test_results_can_be_seen_from_ten_labels_on(tmp_path):
    opened = open_labeller(tmp_path)
    for _ in range(9):
        opened.press("1")
    assert 'data-pick="results"' not in opened.html()
    opened.press("1")
    opened.pick("results")
    assert "kappa" in opened.html()
    opened.press("1")
    assert "kappa" not in opened.html()


def test_people_the_labels_the_model_and_the_list_are_compared(tmp_path):
    ann = open_labeller(tmp_path)
    label_all(ann, ANSWERS)  # she says what the model says
    bob = open_labeller(tmp_path, "Bob")
    for _ in range(12):
        bob.press("1")
    agreement = bob.agreement().set_index(["one", "other"])
    assert agreement.loc[("ann", "the model"), "kappa"] == 1
    assert agreement.loc[("ann", "the model"), "rows"] == 20
    assert agreement.loc[("bob", "ann"), "rows"] == 12
    assert agreement.loc[("the file's labels", "the word list"), "agreement"] == 1
    assert len(agreement) == 10

    accuracy = ann.accuracy()
    assert accuracy.loc["ann's labels", ["rows", "accuracy"]].tolist() == [20, 1]
    drawn = [int(row_id) - 100 for row_id in ann.row_ids]
    right = (LABELS == ANSWERS)[drawn].mean()
    assert accuracy.loc["the file's labels of the same texts", "accuracy"] == right
    assert accuracy.loc["the file's labels of all texts", "rows"] == ROWS
    html = ann.html()
    assert "bob and the model" in re.sub("</?bdi>", "", html)
    assert "&lt;i&gt;" in html  # texts on which she and the file differ
    assert "<i>" not in html


def test_labels_of_other_texts_count_for_nothing(tmp_path):
    ann = open_labeller(tmp_path)
    label_all(ann, LABELS)
    other_texts = [f"another {text}" for text in TEXTS]
    other = Labeller(PREDICTIONS, other_texts, NAMES, tmp_path, True, LABELS, 20)
    assert not other.people()
    other.start("ann")
    assert other.place == 0
    assert "stay in it: 20" in other.html()
    assert list(open_labeller(tmp_path).people()) == ["ann"]


def test_labels_drop_out_and_come_back_when_a_parameter_changes_and_changes_back(tmp_path):
    label_all(open_labeller(tmp_path), LABELS)
    fewer = Labeller(PREDICTIONS[:25], TEXTS[:25], NAMES, tmp_path, rows=20, clock=Clock())
    fewer.start("ann")
    assert 0 < len(fewer.given()) < 20
    label_all(fewer, LABELS)
    assert len(open_labeller(tmp_path).given()) == 20
    assert not list(tmp_path.glob("*aside*"))


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Ann B.", "ann-b"),
        ("../../x", "x"),
        ("Łukasz", "łukasz"),
        ("<b>", "b"),
        ("...", ""),
        ("y" * 300, "y" * 40),
    ],
)
def test_any_name_makes_a_plain_file(tmp_path, name, plain):
    assert plain_name(name) == plain
    opened = open_labeller(tmp_path / "by_hand", name)
    opened.press("1")
    files = [path.name for path in (tmp_path / "by_hand").glob("*.csv")]
    assert files == ([f"labels-{plain}.csv"] if plain else [])
    assert (plain != "") == (opened.table is not None)


def test_keys_beyond_the_classes_do_nothing_and_labels_that_cannot_be_saved_are_told(tmp_path):
    opened = open_labeller(tmp_path)
    opened.press("4")
    assert opened.place == 0
    (tmp_path / "file").write_text("")
    opened = open_labeller(tmp_path / "file")
    opened.press("1")
    assert "Not saved" in opened.html()
    assert opened.place == 0
    assert 'aria-pressed="true"' not in opened.html()
    assert not opened.given()


def test_forty_classes_have_buttons_and_two_texts_results(tmp_path):
    names = [f"class {rank}" for rank in range(40)]
    two = PREDICTIONS[:2].assign(label=[39, 3], prediction=[39, 4])
    opened = Labeller(two, TEXTS[:2], names, tmp_path, ordered=False, clock=Clock())
    opened.start("ann")
    assert opened.html().count('data-pick="label 0 ') == 40
    opened.pick("label 0 39")
    opened.pick("label 1 39")
    assert "–" in opened.html()  # one class only: no kappa


def test_tables_that_do_not_belong_together_are_refused(tmp_path):
    with pytest.raises(TweetsentError, match="30 predictions and 2 texts"):
        Labeller(PREDICTIONS, TEXTS[:2], NAMES, tmp_path)


def test_the_control_and_keys_move_the_page(tmp_path):
    name, page = make_panel(open_labeller(tmp_path, name="")).children
    assert "Nothing is uploaded" in page.html
    name.value = "Ann"
    page._handle_custom_msg({"key": "1"}, [])
    assert "<b>2 of 20</b>" in page.html
    name.value = "!"
    assert "letter or a digit" in page.html
    page._handle_custom_msg({"pick": "person ann"}, [])
    assert "<b>2 of 20</b>" in page.html
    name.value = "!"
    name.value = "ann"
    assert "<b>2 of 20</b>" in page.html


def test_the_control_names_whoever_goes_on_by_a_button(tmp_path):
    open_labeller(tmp_path, "bob").press("1")
    name, page = make_panel(open_labeller(tmp_path, name="")).children
    page._handle_custom_msg({"pick": "person bob"}, [])
    assert name.value == "bob"


def test_the_file_can_be_downloaded_where_nobody_types_a_command(tmp_path):
    opened = open_labeller(tmp_path)
    assert "<a download" not in opened.html()
    opened.press("1")
    address = re.search(
        'download="labels-ann.csv" href="data:text/csv;[^,]*,([^"]*)"', opened.html()
    )
    content = b64decode(address[1]).decode("utf-8-sig")
    assert content.encode() == (tmp_path / "labels-ann.csv").read_bytes()


def test_where_nobody_plays_there_is_a_picture(tmp_path, monkeypatch):
    shown: list[dict] = []
    monkeypatch.setattr(
        "tweetsent_utils.explore.live_html.display", lambda data, raw: shown.append(data)
    )
    label_yourself(PREDICTIONS, TEXTS, NAMES, tmp_path, by_list=LABELS)
    (data,) = shown
    assert WIDGET_VIEW not in data
    assert "<button" not in data["text/html"]
    assert "kappa" in data["text/html"]
    assert not list(tmp_path.iterdir())
