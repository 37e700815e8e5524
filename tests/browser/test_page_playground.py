"""The playground in a page: the answers of PyTorch, in Chromium, and what somebody who types sees.

It needs the folder that `make site-playground` builds, from a run that is still there: by default
`outputs/site-playground` of the project, or the one that `TWEETSENT_SITE_PLAYGROUND` names.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hostile import HOSTILE

from tweetsent_utils.data.split_files import load_split
from tweetsent_utils.evaluation.inference import inference
from tweetsent_utils.explore.weighing import Weighing
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.scoring.classifier import open_classifier

BUILT = Path(
    os.environ.get("TWEETSENT_SITE_PLAYGROUND", PROJECT_ROOT / "outputs" / "site-playground")
)
LEAST_AGREEMENT = 0.99  # share of texts with PyTorch's label
FARTHEST = 0.1  # by which a probability may differ from PyTorch's, and on average a tenth of it
FARTHEST_PUSH = 0.3
PATIENCE = 120  # seconds, on a busy machine
ASK = """async ({texts, words}) => {
    const settings = await (await fetch("./model.json")).json();
    const worker = new Worker("./worker.js", { type: "module" });
    const hear = (test) => new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => {
            if (data.trouble) reject(new Error(data.trouble));
            else if (test(data)) resolve(data);
        };
    });
    worker.postMessage({ load: settings });
    await hear((data) => data.ready);
    const found = [];
    for (const [number, text] of texts.entries()) {
        worker.postMessage({ read: text, number });
        const { answer } = await hear((data) => data.answer && data.number === number);
        const weighed = words ? await hear((data) => data.words && data.number === number) : {};
        found.push({ answer, words: weighed.words });
    }
    worker.terminate();
    return found;
}"""

pytestmark = pytest.mark.skipif(
    not (BUILT / "model.json").exists(),
    reason="the playground in a page isn't built (make site-playground)",
)


@pytest.fixture(scope="module")
def settings() -> dict:
    return json.loads((BUILT / "model.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def run(settings) -> Path:
    folder = BUILT.parent / settings["run"]
    if not (folder / "model").exists():
        pytest.skip(f"the run {settings['run']} is not next to the built folder any more")
    return folder


@pytest.fixture(scope="module")
def reader(run):
    return open_classifier(run, "quick", device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def server(serve_folder) -> str:
    return serve_folder(BUILT)


@pytest.fixture
def page(browser, server, request):
    """The page, in which nothing goes wrong and nothing comes from elsewhere."""
    problems = []
    options = {"viewport": {"width": 1280, "height": 900}, **getattr(request, "param", {})}
    context = browser.new_context(**options)
    found = context.new_page()
    found.set_default_timeout(1000 * PATIENCE)
    found.on("console", lambda message: problems.append(message.text))
    found.on("pageerror", lambda error: problems.append(str(error)))
    found.on(
        "request", lambda sent: sent.url.startswith((server, "data:")) or problems.append(sent)
    )
    found.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
    found.goto(server)
    yield found
    screenshots = os.environ.get("TWEETSENT_SCREENSHOTS") or PROJECT_ROOT / "outputs/screenshots"
    found.screenshot(path=Path(screenshots) / f"{request.node.name}.png", full_page=True)
    context.close()
    assert problems == []


def open_controls(page) -> None:
    page.get_by_role("button", name="Type a text of your own").click()
    page.get_by_label("or type yours").wait_for()


def type_and_read(page, text: str) -> list[float]:
    page.get_by_label("or type yours").fill(text)
    page.locator(".pushes", has_text=text.split()[-1]).wait_for()
    shown = page.locator(".bars td.number:not(.quiet)").all_text_contents()
    return [float(number) for number in shown]


def test_the_browser_answers_as_pytorch_does(page, run, reader):
    texts = load_split(run, "test")["text"].tolist() + HOSTILE
    expected = inference(texts, reader.model, reader.tokenizer)
    answers = page.evaluate(ASK, {"texts": texts, "words": False})
    found = np.array([row["answer"] for row in answers])
    farthest = np.abs(found - expected).max(axis=1)
    agreement = (found.argmax(axis=1) == expected.argmax(axis=1)).mean()
    print(f"same label {agreement:.4f}, farthest {farthest.max():.4f}, mean {farthest.mean():.4f}")
    assert agreement >= LEAST_AGREEMENT
    assert farthest.max() <= FARTHEST
    assert farthest.mean() <= FARTHEST / 10


def test_words_push_as_in_the_notebook(page, reader, settings):
    texts = [*settings["examples"], HOSTILE[11]]
    answers = page.evaluate(ASK, {"texts": texts, "words": True})
    for text, answer in zip(texts, answers, strict=True):
        weighing = Weighing(reader, text, settings["ordered"])
        weighing.weigh_all()
        effects = [word["effect"] for word in answer["words"]]
        assert effects == pytest.approx(weighing.effects, abs=FARTHEST_PUSH)


def test_typing_moves_the_bars_and_a_kept_text_is_compared_with(page):
    open_controls(page)
    first = type_and_read(page, "the shelves were empty and I hate this disaster")
    page.get_by_role("button", name="Keep this text").click()
    second = type_and_read(page, "what a great and helpful shopkeeper")
    assert len(first) == len(second) == 5
    assert sum(second) == pytest.approx(1, abs=0.03)
    assert first != second
    assert page.locator(".bars i").count() == 5
    page.get_by_role("button", name="Back to the text kept").click()
    page.locator(".pushes", has_text="disaster").wait_for()
    assert page.locator(".bars i").count() == 0


def test_hostile_texts_stay_texts(page):
    open_controls(page)
    text = "<img src=x onerror=alert(1)><script>alert(2)</script> &amp; \"' end"
    type_and_read(page, text)
    assert page.locator(".pushes").inner_text().replace("\n", " ").count("<script>") == 1
    assert page.locator(".tweetsent img, .tweetsent script").count() == 0


def test_the_keyboard_is_enough(page):
    page.get_by_role("button", name="Type a text of your own").wait_for()
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Type a text of your own"
    page.keyboard.press("Enter")
    page.get_by_label("or type yours").wait_for()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("lovely bread")
    page.locator(".pushes", has_text="lovely").wait_for()
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text().startswith("Keep this text")


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_without_javascript_the_picture_is_there(page):
    assert page.locator(".bars tr").count() == 5
    assert page.locator(".pushes").is_visible()
    assert page.get_by_role("button").count() == 0


@pytest.mark.parametrize(
    "page",
    [{"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}],
    indirect=True,
)
def test_a_phone_needs_no_scrolling_sideways(page):
    open_controls(page)
    type_and_read(page, "w" * 80 + " and what a great and helpful shopkeeper in the queue")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_nothing_large_is_loaded_before_the_click(page):
    page.get_by_role("button", name="Type a text of your own").wait_for()
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').map(entry => entry.encodedBodySize)"
    )
    assert sum(sizes) < 100_000


def test_a_model_that_does_not_come_is_said_and_can_be_tried_again(page, server):
    page.route("**/model.onnx*", lambda route: route.fulfill(status=404, body="gone"))
    page.get_by_role("button", name="Type a text of your own").click()
    page.get_by_role("alert").wait_for()
    assert "model.onnx" in page.get_by_role("alert").inner_text()
    page.unroute("**/model.onnx*")
    page.get_by_role("button", name="Try again").click()
    page.get_by_label("or type yours").wait_for()
