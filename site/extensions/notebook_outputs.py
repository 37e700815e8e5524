"""The stored outputs of notebooks as HTML for a page: figures, tables and pictures of widgets.

myst-nb would show a figure without its alternative text and apart from its caption, and a table
as wide as it likes. So the outputs are rewritten in memory while Sphinx reads a notebook. The file
that a reader downloads stays what it is, byte for byte.
"""

import json
import re
from base64 import b64decode
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from dark_figures import SCROLLING, least_width, write_dark
from PIL import Image
from sphinx.application import Sphinx

CAPTION = re.compile(r'<div class="caption"[^>]*>(?P<words>.*)</div>', re.DOTALL)
TABLE = re.compile(r'<table class="dataframe">.*?</table>', re.DOTALL)
WIDGET_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
FIGURE_COMMENT = re.compile(r"<!--=.*?-->")
PLAYGROUND_CELL = "inference-19"  # of notebook 04, whose stored picture stands for the playground
TO_CONTENTS = re.compile(r" *\[Contents\]\([^)]*\)")
TO_TURN_PAGES = re.compile(r"^\[Contents\]\(.*(?:\n.+)*\n*", re.MULTILINE)


def rewrite_source(app: Sphinx, docname: str, content: list[str]) -> None:
    """Rewrite what Sphinx has read of a page."""
    if Path(app.env.doc2path(docname)).suffix != ".ipynb":
        content[0] = FIGURE_COMMENT.sub("", content[0])  # where a figure comes from
        if app.tags.has("book"):
            content[0] = TO_CONTENTS.sub("", content[0])
        return
    notebook = json.loads(content[0])
    for cell in notebook["cells"]:
        if app.tags.has("book"):
            rewrite_for_paper(cell)
        if cell["cell_type"] == "code":
            cell["outputs"] = rewrite_outputs(app, docname, cell)
    content[0] = json.dumps(notebook)


def rewrite_for_paper(cell: dict[str, Any]) -> None:
    """Leave out what a book doesn't need: code that pages fold, and links to turn pages."""
    tags = cell["metadata"].get("tags", [])
    cell["metadata"]["tags"] = [tag.replace("hide-input", "remove-input") for tag in tags]
    if cell["cell_type"] == "markdown":
        cell["source"] = TO_TURN_PAGES.sub("", joined(cell["source"]))


def rewrite_outputs(app: Sphinx, docname: str, cell: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a cell's outputs as a page shows them."""
    rewritten: list[dict[str, Any]] = []
    outputs = list(cell["outputs"])
    while outputs:
        output = outputs.pop(0)
        data = output.get("data", {})
        if "image/png" in data:
            caption = CAPTION.fullmatch(html_of(outputs[0])) if outputs else None
            if caption:
                outputs.pop(0)
            name = f"{docname.rpartition('/')[2]}-{cell['id']}-{len(rewritten)}"
            words = caption["words"] if caption else ""
            rewritten.append(as_html(output, write_figure(app, docname, name, output, words)))
        elif cell["id"] == PLAYGROUND_CELL and app.config.playground_fragment:
            base = "../" * docname.count("/") + "_static/playground/"
            html = app.config.playground_fragment.replace("{{ base }}", base)
            rewritten.append(as_html(output, html))
        elif "text/html" in data:
            html = TABLE.sub(scrolling_table, html_of(output))
            if 'class="tweetsent' in html:
                html = WIDGET_STYLE.sub("", html)  # one file has it for all pages
            rewritten.append(as_html(output, html))
        else:
            rewritten.append(output)
    return rewritten


def html_of(output: dict[str, Any]) -> str:
    """Return an output's HTML; empty if it has none."""
    return joined(output.get("data", {}).get("text/html", ""))


def joined(text: str | Sequence[str]) -> str:
    """Return text that a notebook may keep as a list of lines."""
    return text if isinstance(text, str) else "".join(text)


def as_html(output: dict[str, Any], html: str) -> dict[str, Any]:
    """Return an output that shows HTML in its place."""
    return {**output, "metadata": {}, "data": {"text/html": html}}


def scrolling_table(match: re.Match) -> str:
    """Return a table in a box that scrolls sideways on a narrow screen, by keys too."""
    return f'<div class="pst-scrollable-table-container" tabindex="0">{match[0]}</div>'


def write_figure(app: Sphinx, docname: str, name: str, output: dict[str, Any], words: str) -> str:
    """Write a figure for either theme, and return its HTML with its caption.

    `words` is the caption's HTML. Only the one that is shown is loaded.
    """
    folder = Path(app.outdir) / "_images"
    folder.mkdir(parents=True, exist_ok=True)
    light = folder / f"{name}.png"
    light.write_bytes(b64decode(joined(output["data"]["image/png"])))
    metadata = output.get("metadata", {}).get("image/png", {})
    with Image.open(light) as image:
        least = least_width(image.width)
        width = int(metadata.get("width", image.width))
        height = round(image.height * width / image.width)
    is_book = app.tags.has("book")
    top = "" if is_book else "../" * docname.count("/")
    look = f'width="{width}" height="{height}" style="min-width:{least}px"'
    look = f'alt="{escape(metadata.get("alt", ""))}" {look}'
    kind = '<img class="figure dark-light'  # the last of these spares it the theme's own darkening
    images = f'{kind} light-figure" src="{top}_images/{name}.png" {look}>'
    if not is_book:
        write_dark(light, folder / f"{name}.dark.png")
        images += f'{kind} dark-figure" src="{top}_images/{name}.dark.png" {look}>'
        images = SCROLLING + images.replace("<img", '<img loading="lazy"') + "</span>"
    return f'<figure class="plot">{images}<figcaption>{words}</figcaption></figure>'


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_config_value("playground_fragment", "", "env")
    app.connect("source-read", rewrite_source)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
