"""What one plays with, in a browser: the playground, in JupyterLab and on its own, and Stop."""

import csv
import re
from pathlib import Path

import pytest
from tiny import LABEL_ORDER

BARS = ".tweetsent .bars td.number:not(.quiet)"
LOOP = "training-26"  # the cell with the loop
# What one plays with in a finished run, by the notebook and the id of its cell.
WIDGETS = {
    "01_data_analysis": ["01-47"],
    "04_inference": ["inference-19", "inference-50"],
    "05_label_audit": ["d05-61", "d05-53"],
    "06_compare_runs": ["compare-51"],
}
# What reaches beyond an output, is cut off there, or would have to be scrolled sideways.
OVERFLOW = """output => {
    const room = output.getBoundingClientRect();
    const unseen = ".tweetsent-news, .tweetsent-news *, .noUi-origin";
    const parts = [...output.querySelectorAll(`*:not(${unseen})`)];
    const isOutside = part => {
        const { left, right, width } = part.getBoundingClientRect();
        return width > 1 && (left < room.left - 1 || right > room.right + 1);
    };
    // Only of our own: the parts of sliders and lists that come with ipywidgets move, or are cut.
    const holdsMore = part => part.closest("div.tweetsent") && !part.closest("svg")
        && part.clientWidth > 1 && part.scrollWidth > part.clientWidth + 4; // a bar's thin mark
    return [output, ...parts.filter(part => part.checkVisibility())]
        .filter(part => isOutside(part) || holdsMore(part))
        .map(part => `${part.outerHTML.slice(0, 120)}: ${part.scrollWidth} > ${part.clientWidth}`);
}"""
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
NAMELESS = """element => [...element.querySelectorAll("input, select, textarea, [role=slider]")]
    .filter(part => part.offsetParent && !part.labels?.length)
    .filter(part => !part.ariaLabel && !part.title && !part.getAttribute("aria-labelledby"))
    .map(part => part.outerHTML.slice(0, 200))"""


def read_csv(file: Path) -> list[dict[str, str]]:
    with open(file, newline="", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))


def type_and_read(place, text: str) -> list[float]:
    """Type into the playground of a place, and return the bars when its picture has the text."""
    place.get_by_label("Your text").fill(text)
    place.locator(".tweetsent .pushes", has_text=text.split()[-1]).wait_for()
    return [float(number) for number in place.locator(BARS).all_text_contents()]


def test_typing_into_the_playground_moves_the_bars(lab, finished_run):
    lab.open("04_inference")
    lab.run_all()
    assert lab.errors() == []
    cell = lab.cell("inference-19")
    first = type_and_read(cell, "the shelves were empty")
    second = type_and_read(cell, "what a great and helpful shopkeeper")
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
            lab.start_cell(LOOP)
        lab.cell(LOOP).get_by_text("Stop after this step").click()
        lab.wait_until_done()
        (error,) = [found for found in lab.errors() if found["ename"] == "Stopped"]
        (line,) = error["traceback"]
        reached.append(int(re.search(r"stopped after step ([\d,]+)", line)[1].replace(",", "")))
        lab.screenshot(press)
    assert 0 < reached[0] < reached[1]


@pytest.mark.parametrize("name", WIDGETS)
def test_widgets_fit_a_narrow_window_and_are_named_in_both_themes(lab, scored_run, name):
    lab.open(name)
    lab.run_all()
    assert lab.errors() == []
    lab.narrow(700)
    for cell in WIDGETS[name]:
        for theme in ("dark", "light"):
            lab.use_theme(theme)
            place = lab.cell(cell).locator(".jp-OutputArea").first
            place.locator("[data-lm-suppress-shortcuts].tweetsent").first.wait_for()  # no picture
            place.scroll_into_view_if_needed()
            lab.screenshot(f"{cell}-{theme}")
            place.screenshot(path=lab.screenshot_path(f"{cell}-{theme}-whole"))
            assert place.evaluate(OVERFLOW) == []
            assert place.evaluate(NAMELESS) == []


def test_texts_are_labelled_and_a_mistake_is_marked_by_keys(lab, scored_run):
    lab.open("05_label_audit")
    lab.run_all()
    assert lab.errors() == []
    cell = lab.cell("d05-53")
    name = cell.get_by_label("your name")
    name.fill("Ann")
    name.press("Enter")
    for place, key in enumerate("124", start=1):
        cell.get_by_text(f"{place} of ", exact=False).first.wait_for()
        lab.page.wait_for_timeout(300)  # a key that comes at once counts for nothing
        lab.page.keyboard.press(key)
    cell.get_by_text("3 labelled").wait_for()
    lab.screenshot("labelled")
    labels = read_csv(scored_run / "by_hand" / "labels-ann.csv")
    assert [row["label"] for row in labels] == [LABEL_ORDER[rank] for rank in (0, 1, 3)]

    lab.open("04_inference")
    lab.run_all()
    assert lab.errors() == []
    cell = lab.cell("inference-50")
    page = cell.locator(".jp-OutputArea .tweetsent").first
    page.focus()
    lab.page.keyboard.press("ArrowRight")
    page.get_by_text("2 of ").wait_for()
    lab.page.keyboard.press("2")
    page.get_by_text("Marked: 1 ").wait_for()
    lab.screenshot("marked")
    file = scored_run / "by_hand" / "marks.csv"
    assert [row["mark"] for row in read_csv(file)] == ["model wrong"]
    assert "model wrong" in cell.locator(".tweetsent-news").text_content()
    ends = [end.get_attribute("aria-label") for end in cell.get_by_role("slider").all()]
    assert len(set(ends)) == 2
    with lab.page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert read_csv(download.value.path()) == read_csv(file)


def test_the_playground_is_a_page_of_its_own(lab, playground_url):
    lab.page.goto(playground_url)
    lab.page.get_by_label("Your text").wait_for()
    first = type_and_read(lab.page, "the shelves were empty")
    assert first != type_and_read(lab.page, "what a great and helpful shopkeeper")
    lab.screenshot("page")
    light = lab.page.evaluate(BACKGROUND)
    lab.page.emulate_media(color_scheme="dark")
    assert lab.page.evaluate(BACKGROUND) != light
    lab.screenshot("page-dark")
    lab.page.goto("about:blank")  # the server ends now, and the page would miss it
