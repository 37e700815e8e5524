"""HTML that follows the code, in a browser without JupyterLab: the focus, what is said, names."""

from collections.abc import Callable
from typing import Any

import pytest

from tweetsent_utils.explore.live_html import FOLDER

# What anywidget gives to `render`, with a way to change the HTML and to see what was sent.
MOUNT = """([html, keys]) => {
    const state = { html, label: "a page", heard_keys: keys };
    const listeners = {};
    window.sent = [];
    window.change = html => { state.html = html; listeners["change:html"](); };
    const model = {
        get: name => state[name],
        on: (names, act) => names.split(" ").forEach(name => { listeners[name] = act; }),
        send: message => window.sent.push(message),
    };
    window.render({ model, el: document.getElementById("root") });
}"""
FOCUSED = "() => document.activeElement.dataset.pick"
NEWS = "() => [...document.querySelector('.tweetsent-news').children].map(line => line.textContent)"


@pytest.fixture
def mount(browser: Any) -> Callable[..., Any]:
    """A function that shows HTML as the widget does, and returns Playwright's page."""
    script = (FOLDER / "live_html.js").read_text(encoding="utf-8")
    script = script.replace("export default { render }", "window.render = render")
    page = browser.new_page()

    def mount(html: str, keys: tuple[str, ...] = (), around: str = "") -> Any:
        page.set_content(f"{around}<div id='root'></div>")
        page.add_script_tag(content=script)
        page.evaluate(MOUNT, [html, list(keys)])
        return page

    return mount


def test_the_focus_stays_on_what_does_or_says_the_same(mount):
    page = mount("<button data-pick='label 0 11'>c11</button><button data-pick='on'>1</button>")
    page.locator("[data-pick='label 0 11']").focus()
    page.evaluate(
        "change(\"<button data-pick='on'>2</button><button data-pick='label 1 11'>c11</button>\")"
    )
    assert page.evaluate(FOCUSED) == "label 1 11"
    page.locator("[data-pick='on']").focus()
    page.evaluate("change(\"<button>c11</button><button data-pick='on'>3</button>\")")
    assert page.evaluate(FOCUSED) == "on"


def test_all_that_has_changed_is_said_and_nothing_else(mount):
    page = mount("<p data-say>one model</p><p data-say='said'>seen</p>")
    assert page.evaluate(NEWS) == ["one model", "said"]
    page.evaluate("document.querySelector('.tweetsent-news').firstChild.kept = true")
    page.evaluate("change(\"<p data-say>one model</p><p data-say='now'>seen</p>\")")
    assert page.evaluate(NEWS) == ["one model", "now"]
    assert page.evaluate("document.querySelector('.tweetsent-news').firstChild.kept")
    page.evaluate("change('<p data-say>alone</p>')")
    assert page.evaluate(NEWS) == ["alone"]


def test_a_key_that_is_held_down_presses_a_button_once(mount):
    page = mount("<button data-pick='on'>on</button>", keys=("1",))
    page.locator("[data-pick]").focus()
    for _ in range(3):  # the second and the third are repeats
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    for _ in range(3):
        page.keyboard.down("1")
    assert page.evaluate("sent") == [{"pick": "on"}, {"key": "1"}]


def test_the_ends_of_a_range_have_names_of_their_own(mount):
    handle = "<div role='slider' tabindex='0'></div>"
    label = "<span class='widget-label'>words</span>"
    range_slider = f"<div class='widget-slider'>{label}{handle}{handle}</div>"
    slider = f"<div class='widget-slider'><span class='widget-label'>cut</span>{handle}</div>"
    page = mount("", around=range_slider + slider)
    page.locator("[role=slider][aria-label=cut]").wait_for(state="attached")
    names = [end.get_attribute("aria-label") for end in page.locator("[role=slider]").all()]
    assert len(set(names)) == 3
    assert [name.startswith("words") for name in names] == [True, True, False]
