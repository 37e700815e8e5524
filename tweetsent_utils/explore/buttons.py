"""Buttons in the HTML of a widget."""

from html import escape


def button(
    pick: str,
    content: str,
    is_pressed: bool | None = None,
    label: str = "",
    is_live: bool = True,
    is_disabled: bool = False,
) -> str:
    """Return a button that sends `pick`; or what is on it, where nobody can press it.

    `content` is HTML. `is_pressed` is None for a button that only acts. `label` is what a screen
    reader reads in its place. One that is disabled keeps the focus.
    """
    if not is_live:
        return f"<span>{content}</span>"
    pressed = "" if is_pressed is None else f' aria-pressed="{str(is_pressed).lower()}"'
    spoken = f' aria-label="{escape(label)}"' if label else ""
    state = pressed + spoken + (' aria-disabled="true"' if is_disabled else "")
    return f'<button type="button" data-pick="{escape(pick)}"{state}>{content}</button>'
