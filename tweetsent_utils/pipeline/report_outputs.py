"""What the cells tagged `report-NAME` of a run's executed notebooks show, as pieces of a page."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json

TAG = "report-"
STYLE_BLOCK = re.compile(r"<style.*?</style>", re.DOTALL | re.IGNORECASE)  # pandas adds one


class Piece(NamedTuple):
    """Something a cell has shown: its kind is image, html or text."""

    kind: str
    html: Markup


def collect_outputs(folder: Path) -> dict[str, list[Piece]]:
    """Return by NAME what the cells tagged `report-NAME` in a run's notebooks show.

    A notebook that cannot be read is left out, and so is a cell that shows nothing.
    """
    found: dict[str, list[Piece]] = {}
    for notebook in sorted(folder.glob("[0-9]*.ipynb")):
        if notebook.name.endswith(".partial.ipynb"):
            continue
        for name, cell in tagged_cells(notebook):
            pieces = list(show_outputs(cell, name))
            if pieces:
                found[name] = pieces
    return found


def tagged_cells(notebook: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the cells of a notebook that have a tag `report-NAME`, each with its NAME."""
    try:
        cells = load_json(notebook).get("cells", [])
    except TweetsentError:
        return
    for cell in cells:
        for tag in cell.get("metadata", {}).get("tags", []):
            if tag.startswith(TAG):
                yield tag.removeprefix(TAG), cell


def show_outputs(cell: dict[str, Any], name: str) -> Iterator[Piece]:
    """Yield what a cell shows: images, HTML and text; no errors, and no sources."""
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if output.get("output_type") == "stream":
            if output.get("name") == "stdout":
                yield show_text(joined(output.get("text", "")))
        elif "image/png" in data:
            yield show_image(output, name)
        elif "text/html" in data:
            html = STYLE_BLOCK.sub("", joined(data["text/html"]))
            yield Piece("html", Markup(html))  # noqa: S704 - made, and escaped, by the package
        elif "text/plain" in data and "text/markdown" not in data:
            yield show_text(joined(data["text/plain"]))


def show_text(text: str) -> Piece:
    """Return a printed text as HTML that keeps its lines."""
    return Piece("text", Markup('<pre class="print">{}</pre>').format(text.strip("\n")))


def show_image(output: dict[str, Any], name: str) -> Piece:
    """Return a PNG as an HTML image that needs no file, with its alternative text."""
    seen = output.get("metadata", {}).get("image/png", {})
    alt = str(seen.get("alt") or f"Figure: {name.replace('-', ' ')}")
    encoded = re.sub(r"[^A-Za-z0-9+/=]", "", joined(output["data"]["image/png"]))
    width = seen.get("width")
    width = Markup(' width="{}"').format(width) if isinstance(width, int) else ""
    image = Markup('<img src="data:image/png;base64,{}" alt="{}"{}>')
    return Piece("image", image.format(encoded, alt, width))


def joined(text: str | list[str]) -> str:
    """Return a text that a notebook may keep as a list of lines."""
    return text if isinstance(text, str) else "".join(text)
