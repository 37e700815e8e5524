"""JupyterLab as an explorer meets it: welcome page, copies that run, widgets, dark theme."""

import io

from PIL import Image


def test_the_welcome_page_leads_to_notebook_1_which_runs_and_reopens_as_it_was_left(lab):
    lab.open_welcome()
    lab.screenshot("welcome")
    lab.page.locator(".jp-MarkdownViewer").get_by_role("link", name="01 Data analysis").click()
    lab.wait_for_notebook()
    lab.run_all()
    assert lab.errors() == []
    assert "train: 60 texts" in lab.text_of("01-11")

    for name in ("widget", "widget-again"):  # saving without a kernel must lose nothing
        lab.save()
        lab.end_kernels()
        lab.open_again("01_data_analysis")
        lab.cell("01-47").locator(".widget-dropdown, .tweetsent").first.wait_for()
        lab.screenshot(name)


def test_a_notebook_that_is_opened_too_early_says_so_in_a_sentence_at_its_top(lab):
    from playwright.sync_api import expect

    lab.open("04_inference", run_name="empty")
    lab.run_all()
    (error,) = lab.errors()
    assert lab.outputs_of("inference-03") == [error]  # the first cell after the parameters
    (line,) = error["traceback"]
    sentence = "run 02_dataset_creation.ipynb and then 03_training.ipynb"
    assert sentence in line
    expect(lab.page.get_by_text(sentence)).to_be_in_viewport()


def test_a_finished_training_opens_at_once_and_notebook_4_goes_on_from_it(lab, finished_run):
    weights = finished_run / "model" / "model.safetensors"
    before = weights.stat().st_mtime_ns
    for name in ("03_training", "04_inference"):
        lab.open(name)
        lab.run_all()
        assert lab.errors() == []
    assert weights.stat().st_mtime_ns == before
    assert (finished_run / "predictions.csv").exists()


def test_a_link_to_a_term_opens_the_glossary_there(lab):
    lab.open("01_data_analysis")
    lab.cell("01-04").get_by_role("link", name="fine-tuned").click()
    term = lab.page.locator(".jp-MarkdownViewer h2", has_text="Fine-tuning")
    term.wait_for()
    lab.page.wait_for_function(
        "element => element.getBoundingClientRect().top < innerHeight / 2",
        arg=term.element_handle(),
    )
    lab.screenshot("glossary")


def test_figures_are_dark_in_the_dark_theme_and_classes_keep_their_colours(lab):
    lab.open("01_data_analysis")
    figure = lab.cell("01-17").locator("img")
    light = picture_of(figure)
    lab.use_theme("dark")
    dark = picture_of(figure)
    lab.screenshot("figure")
    assert brightness(light) > 200
    assert brightness(dark) < 60
    for name in ("orange", "blue"):
        assert share_of(dark, name) > share_of(light, name) / 2 > 0.005


def picture_of(element):
    """A screenshot of an element, in colours."""
    element.scroll_into_view_if_needed()
    return Image.open(io.BytesIO(element.screenshot())).convert("RGB")


def brightness(picture):
    """That of the pixel in the middle, if all were sorted by it: from 0 to 255."""
    values = sorted(picture.convert("L").get_flattened_data())
    return values[len(values) // 2]


def share_of(picture, colour):
    """The share of the pixels that are clearly of a hue."""
    first, last = {"orange": (10, 35), "blue": (140, 175)}[colour]  # of 256 hues
    pixels = list(picture.convert("HSV").get_flattened_data())
    fitting = [1 for hue, saturation, _ in pixels if first <= hue <= last and saturation > 80]
    return len(fitting) / len(pixels)
