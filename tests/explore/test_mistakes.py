"""Mistakes, stepped through as a person does it: cells, filters, keys, marks."""

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.explore import mistakes as module
from tweetsent_utils.explore.list_verdict import ask_list, show_verdict
from tweetsent_utils.explore.live_html import WIDGET_VIEW
from tweetsent_utils.explore.mistakes import Mistakes, make_panel, step_through_mistakes

NAMES = ["low", "<b>", "high"]
EVIL = '<script>alert("x")</script> & $more$'
TEXTS = [EVIL, "tea", "no panic, great fun", "milk", "bread", "soap"]
LABELS = [0, 0, 1, 2, 2, 0]
ANSWERS = [2, 0, 2, 2, 0, 2]
SURE = [0.6, 0.9, 0.8, 0.7, 0.5, 0.95]
SLICES = {"short": [False, True, False, True, True, True]}


def table() -> pd.DataFrame:
    predictions = pd.DataFrame({"row_id": range(10, 16), "label": LABELS, "prediction": ANSWERS})
    predictions["confidence"] = SURE
    shares = np.full((6, 3), 0.0)
    shares[range(6), ANSWERS] = SURE
    shares += (1 - shares.sum(axis=1, keepdims=True)) * (shares == 0) / 2
    predictions[[f"p_{name}" for name in NAMES]] = shares
    return predictions


def open_mistakes(folder: Path | None = None) -> Mistakes:
    opened = Mistakes(table(), TEXTS, NAMES, True, SLICES)
    if folder is not None:
        opened.open_marks(folder / "by_hand" / "marks.csv")
    return opened


def rows(opened: Mistakes) -> list[int]:
    """The row ids that are shown, read off the pages as one steps through them."""
    found = []
    while (html := opened.html()) and (row := re.search(r"row <bdi>(\d+)<", html)):
        found.append(int(row[1]))
        opened.press("ArrowRight")
    for _ in range(len(found)):
        opened.press("ArrowLeft")
    return found


def test_mistakes_come_first_and_the_surest_of_them_before_the_others():
    assert rows(open_mistakes()) == [15, 12, 10, 14]


def test_a_cell_shows_its_texts_and_leaving_it_all_mistakes_again():
    opened = open_mistakes()
    opened.pick("cell 0 2")
    assert rows(opened) == [15, 10]
    opened.pick("cell 2 2")  # right answers can be read as well
    assert rows(opened) == [13]
    opened.pick("cell 2 2")
    assert rows(opened) == [15, 12, 10, 14]
    opened.pick("cell 1 1")
    assert "No text passes" in opened.html()


def test_slice_and_confidence_filter_the_texts_and_the_matrix():
    opened = open_mistakes()
    opened.choose(slice_name="short")
    assert rows(opened) == [15, 14]
    assert opened.count_cells().tolist() == [[1, 0, 1], [0, 0, 0], [1, 0, 1]]
    opened.choose(shown="all texts", confidence=(0.7, 0.9))
    assert rows(opened) == [11, 13]
    opened.choose(slice_name="")
    assert rows(opened) == [11, 12, 13]


def test_each_cell_has_its_count_and_its_share_of_the_label():
    html = open_mistakes().html()
    assert 'aria-label="label low, answer high: 2, 67% of the label"' in html
    assert 'aria-label="label &lt;b&gt;, answer low: 0, 0% of the label"' in html
    assert re.search(r'data-pick="cell 0 2".*?>2 <small>67%', html)


def test_of_many_classes_the_busiest_cells_are_shown():
    names = [f"class {rank}" for rank in range(40)]
    predictions = pd.DataFrame({"row_id": range(80), "label": [*range(40)] * 2})
    predictions["prediction"] = [*range(1, 40), 0, 0, 2, *range(2, 40)]
    predictions["confidence"] = 0.5
    predictions[[f"p_{name}" for name in names]] = 1 / 40
    opened = Mistakes(predictions, ["tea"] * 80, names, False)
    html = opened.html()
    assert 'data-pick="cell 1 2"' in html
    assert html.count('data-pick="cell') <= 12
    opened.pick("cell 1 2")
    assert rows(opened) == [1, 41]


def test_texts_and_names_stay_texts_and_the_list_says_what_it_reads():
    opened = open_mistakes()
    html = "".join(opened.html() for _ in range(4) if opened.press("ArrowRight") is None)
    assert "<script>" not in html
    assert "<b>," not in html
    assert "&lt;script&gt;" in html
    assert show_verdict(ask_list(TEXTS[2], NAMES)) in html  # as the playground reads it


def read(file: Path) -> list[dict[str, str]]:
    with open(file, newline="") as lines:
        return list(csv.DictReader(lines))


def test_marks_are_saved_at_once_without_the_text_and_read_again(tmp_path):
    opened = open_mistakes(tmp_path)
    opened.press("1")
    opened.press("ArrowRight")
    opened.pick("mark 3")
    opened.press("2")
    file = tmp_path / "by_hand" / "marks.csv"
    saved = [list(row.values()) for row in read(file)]
    assert [[row[0], *row[2:]] for row in saved] == [
        ["15", "low", "high", "0.950000", "label wrong"],
        ["12", "<b>", "high", "0.800000", "model wrong"],
    ]
    assert "panic" not in file.read_text()

    again = open_mistakes(tmp_path)
    assert again.marks() == {"15": "label wrong", "12": "model wrong"}
    again.press("0")
    assert open_mistakes(tmp_path).marks() == {"12": "model wrong"}
    again.choose(shown="marked")
    assert rows(again) == [12]


def test_behind_the_last_text_the_marks_are_counted(tmp_path):
    opened = open_mistakes(tmp_path)
    for key in "1132":
        opened.press(key)
        opened.press("ArrowRight")
    counts = dict(re.findall(r'<th scope="row">([a-z ]+)</th><td>(\d+)', opened.html()))
    assert counts == {"label wrong": "2", "model wrong": "1", "unclear": "1"}
    opened.press("3")  # there is no text to mark here
    assert len(opened.marks()) == 4


def test_marks_outlast_a_retraining_and_say_where_the_answer_has_changed(tmp_path):
    opened = open_mistakes(tmp_path)
    opened.press("1")
    opened.press("ArrowRight")
    opened.press("2")
    trained_again = table()
    trained_again.loc[2, "prediction"] = 0
    other = Mistakes(trained_again, TEXTS, NAMES)
    other.open_marks(tmp_path / "by_hand" / "marks.csv")
    assert other.marks() == {"15": "label wrong", "12": "model wrong"}
    other.choose(shown="marked")
    facts = [other.html()]
    other.press("ArrowRight")
    facts.append(other.html())
    assert ["when its label was" in html for html in facts] == [False, True]
    other.press("2")  # and now of the new answer
    assert "when its label was" not in other.html()
    assert not list((tmp_path / "by_hand").glob("*aside*"))


def test_a_mark_that_cannot_be_saved_is_told_on_the_page_and_does_not_count(tmp_path):
    (tmp_path / "by_hand").write_text("a file where the folder should be")
    opened = open_mistakes(tmp_path)
    opened.press("1")
    assert "Not saved" in opened.html()
    assert "Marked: 0" in opened.html()
    assert 'aria-pressed="true"' not in opened.html()


def said(opened: Mistakes) -> list[str]:
    return re.findall('data-say="([^"]*)"', opened.html())


def test_a_screen_reader_is_told_the_place_the_text_and_the_mark(tmp_path):
    opened = open_mistakes(tmp_path)
    (place,) = said(opened)
    assert "1 of 4" in place
    assert "soap" in place
    opened.press("2")
    again, mark = said(opened)
    assert again == place  # only what changes is said again
    assert "model wrong" in mark
    opened.press("ArrowRight")
    opened.press("2")
    assert said(opened)[1] != mark


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        ({"texts": ["tea"]}, ["6 predictions", "1 texts"]),
        ({"slices": {"short": [True]}}, ["slice short", "6 predictions"]),
        ({"predictions": table().drop(columns="p_high")}, ["p_high"]),
    ],
)
def test_tables_that_do_not_belong_together_are_refused(change, facts):
    given = {"predictions": table(), "texts": TEXTS, "label_order": NAMES} | change
    with pytest.raises(TweetsentError) as caught:
        Mistakes(**given)
    assert [fact for fact in facts if fact not in str(caught.value)] == []


def test_controls_and_keys_move_the_page(tmp_path):
    panel = make_panel(open_mistakes(tmp_path))
    controls, page = panel.children
    shown, of_slice, confidence = controls.children
    of_slice.value = "short"
    assert "1 of 2" in page.html
    confidence.value = (0.0, 0.6)
    assert "1 of 1" in page.html
    shown.value = "all texts"
    page._handle_custom_msg({"key": "2"}, [])
    page._handle_custom_msg({"pick": "next"}, [])
    assert (tmp_path / "by_hand" / "marks.csv").exists()
    assert "1 model wrong" in page.html


def test_where_nobody_plays_there_is_a_picture_and_no_file_is_touched(tmp_path, monkeypatch):
    shown: list[dict] = []
    monkeypatch.setattr(
        "tweetsent_utils.explore.live_html.display", lambda data, raw: shown.append(data)
    )
    (tmp_path / "by_hand").mkdir()
    (tmp_path / "by_hand" / "marks.csv").write_text("junk")
    step_through_mistakes(table(), TEXTS, NAMES, tmp_path)
    (data,) = shown
    assert WIDGET_VIEW not in data
    assert "<button" not in data["text/html"]
    assert "soap" in data["text/html"]
    assert [path.name for path in (tmp_path / "by_hand").iterdir()] == ["marks.csv"]
    assert module.FILE == "marks.csv"
