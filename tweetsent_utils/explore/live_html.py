"""HTML that follows the code, that can be clicked and hears keys; and its picture elsewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from anywidget import AnyWidget
from IPython.display import display
from ipywidgets import Widget
from traitlets import List, Unicode

from tweetsent_utils.show.display import is_interactive

FOLDER = Path(__file__).parent
STYLE = (FOLDER / "explore.css").read_text(encoding="utf-8")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class LiveHTML(AnyWidget):
    """HTML in a notebook that Python may change at any time, and that can be used.

    `html` is what it shows: texts in it must be escaped. `label` names it to a screen reader.
    `heard_keys` are those that it hears while it has the focus, as browsers name them, such as
    "ArrowRight" or "1". What somebody picks or presses comes to the functions given to `on_pick`
    and `on_key`.
    """

    _esm = FOLDER / "live_html.js"
    _css = FOLDER / "explore.css"
    html = Unicode().tag(sync=True)
    label = Unicode().tag(sync=True)
    heard_keys = List(Unicode()).tag(sync=True)

    def on_pick(self, act: Callable[[str], None]) -> None:
        """Call `act` with the value of `data-pick` of each element that is clicked."""
        self.on_event("pick", act)

    def on_key(self, act: Callable[[str], None]) -> None:
        """Call `act` with the name of each of the `heard_keys` that is pressed."""
        self.on_event("key", act)

    def on_event(self, kind: str, act: Callable[[str], None]) -> None:
        """Call `act` with what a message of a `kind` from the browser says."""

        def hear(widget: Widget, message: dict, buffers: list) -> None:
            if kind in message:
                act(message[kind])

        self.on_msg(hear)


def display_live(make_widget: Callable[[], Widget], still: str) -> None:
    """Display a widget in JupyterLab, and everywhere its picture `still`, as HTML.

    JupyterLab shows the widget. What knows no widgets, such as a code host, shows the picture,
    which stays in the stored output. Where nobody plays, no widget is made.
    """
    data = make_still(still)
    if is_interactive():
        model_id = make_widget().model_id
        data[WIDGET_VIEW] = {"version_major": 2, "version_minor": 0, "model_id": model_id}
    display(data, raw=True)


def make_still(still: str) -> dict[str, Any]:
    """Return a picture, which is HTML, as the data of an output that needs no kernel."""
    # Code hosts take a $ for the start of a formula, unless they are told.
    picture = f'<div class="tweetsent tex2jax_ignore mathjax_ignore">{still}</div>'
    return {"text/html": f"<style>{STYLE}</style>{picture}", "text/plain": "a widget"}


def hear_while_busy(widget: Widget) -> None:
    """Let a widget's clicks be heard while a cell runs: in another thread, and not after the cell.

    JupyterLab gives widgets a thread of their own in the kernel, a subshell, and sends clicks
    there. But ipykernel, since 7.4, sends what comes for a widget to the thread that spoke for it
    last (`ipykernel.comm.Comm`), which is the one in which the cell runs, and so is busy. Here the
    front end's choice counts. One that knows no subshells is still heard after the cell.
    """

    def choose_subshell(data: object, asked_for: str | None) -> str | None:
        return asked_for

    widget.comm._reply_subshell_for = choose_subshell
