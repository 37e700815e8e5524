"""What one plays with, in a browser: the playground, in JupyterLab and on its own, and Stop."""

import re

import pytest

BARS = ".tweetsent .bars td.number:not(.quiet)"
LOOP = "training-26"  # the cell with the loop


def read_bars(page) -> list[float]:
    """The probabilities that the playground shows."""
    return [float(number) for number in page.locator(BARS).all_text_contents()]


def type_and_read(page, text: str) -> list[float]:
    """Type a text into the playground, wait until its picture has it, and return the bars."""
    page.get_by_label("Your text").fill(text)
    page.locator(".tweetsent .pushes", has_text=text.split()[-1]).first.wait_for()
    return read_bars(page)


def test_typing_into_the_playground_moves_the_bars(lab, finished_run):
    lab.open("04_inference")
    lab.run_all()
    assert lab.errors() == []
    lab.cell("inference-19").get_by_label("Your text").wait_for()
    first = type_and_read(lab.page, "the shelves were empty")
    second = type_and_read(lab.page, "what a great and helpful shopkeeper")
    lab.screenshot("typed")
    assert len(first) == len(second) == 5
    assert sum(second) == pytest.approx(1, abs=0.03)
    assert first != second


def test_the_stop_button_ends_a_training_in_a_sentence_and_run_goes_on(lab):
    lab.open("02_dataset_creation", run_name="stopped")
    lab.run_all()
    lab.open("03_training", run_name="stopped", num_epochs=400)
    lab.start_all()
    reached = []
    for press in ("first", "second"):
        if press == "second":
            lab.cell(LOOP)
            lab.choose("Run", "Run Selected Cell and Do not Advance")
        lab.cell(LOOP).get_by_text("Stop after this step").click()
        lab.wait_until_done()
        (error,) = [found for found in lab.errors() if found["ename"] == "Stopped"]
        (line,) = error["traceback"]
        reached.append(int(re.search(r"stopped after step ([\d,]+)", line)[1].replace(",", "")))
        lab.screenshot(press)
    assert 0 < reached[0] < reached[1]


def test_the_playground_is_a_page_of_its_own(lab, playground_url):
    lab.page.goto(playground_url)
    lab.page.get_by_label("Your text").wait_for()
    first = type_and_read(lab.page, "the shelves were empty")
    assert first != type_and_read(lab.page, "what a great and helpful shopkeeper")
