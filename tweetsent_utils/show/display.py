"""What a cell returns: the source of a function, a figure, a tweet; and whether anybody watches."""

import inspect
import os
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO
from pathlib import Path

import pandas as pd
from IPython import get_ipython
from IPython.display import HTML, Image, Markdown, display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image as PillowImage

from tweetsent_utils.files import write_atomically

PAGE_VARIABLE = "TWEETSENT_PAGE"  # set for the kernel of a page that a person plays with
DOTS_PER_INCH = 125  # as shown
DENSITY = 1.5  # the file has half as many dots again, for sharp screens and print
MOST_CHARACTERS = 2000  # of a tweet that are shown
CAPTION_STYLE = "max-width:44em;font-style:italic"
CARD_STYLE = (
    "border-left:4px solid #a6a6a6;padding:0.4em;margin-bottom:0.6em;max-width:44em;"
    "white-space:pre-wrap;overflow-wrap:anywhere"
)


def is_interactive() -> bool:
    """Tell whether a person uses what this cell shows.

    JupyterLab can be asked for input, papermill cannot. A page that is served to somebody can't
    either, and says so itself.
    """
    if os.environ.get(PAGE_VARIABLE):
        return True
    kernel = getattr(get_ipython(), "kernel", None)
    return getattr(kernel, "_allow_stdin", False)


def show_source(*functions: object) -> Markdown:
    """Return the current source of functions or classes as a highlighted output."""
    sources = [inspect.getsource(function) for function in functions]
    return Markdown("```python\n" + "\n\n".join(sources) + "```")


def show_figure(figure: Figure, path: Path | None, alt: str, caption: str = "") -> None:
    """Show a figure with its caption, save it as PNG at `path` unless that is None, and close it.

    `alt` says in words what the figure shows. In JupyterLab it is the image's alternative text.
    Stored outputs keep the image as PNG, since code hosts drop images from HTML, and what shows
    PNG ignores alternative texts: there, the words come folded below the caption.
    """
    png = encode_png(figure)
    if path is not None:
        write_atomically(path, lambda file: file.write_bytes(png))
    plt.close(figure)
    show_png(png, round(figure.get_figwidth() * DOTS_PER_INCH), alt, caption)


def show_image(path: Path, alt: str, caption: str = "") -> None:
    """Show a figure that `show_figure` has saved before, with its caption, in the same way."""
    with PillowImage.open(path) as image:
        width = round(image.width / DENSITY)
    show_png(path.read_bytes(), width, alt, caption)


def show_png(png: bytes, width: int, alt: str, caption: str) -> None:
    """Show an image of a width in pixels of the screen, with what it shows in words."""
    if is_interactive():
        source = f"data:image/png;base64,{b64encode(png).decode()}"
        look = f"width:{width}px;max-width:100%;height:auto"
        image = f'<img src="{source}" alt="{escape(alt)}" style="{look}">'
        words = f'<figcaption style="{CAPTION_STYLE}">{escape(caption)}</figcaption>'
        display(HTML(f'<figure style="margin:0">{image}{words}</figure>'))
        return
    display(Image(png, width=width, alt=alt))
    fold = f"<details><summary>The figure in words</summary>{escape(alt)}</details>"
    display(HTML(f'<div class="caption" style="{CAPTION_STYLE}">{escape(caption)}{fold}</div>'))


def encode_png(figure: Figure) -> bytes:
    """Return a figure as PNG with 256 colours, which takes a third of the room of full colour."""
    rendered, encoded = BytesIO(), BytesIO()
    figure.savefig(rendered, dpi=DENSITY * DOTS_PER_INCH)
    image = PillowImage.open(rendered).convert("RGB")
    image.quantize(256, dither=PillowImage.Dither.NONE).save(encoded, "PNG", optimize=True)
    return encoded.getvalue()


def tweet_card(text: str, note: str) -> str:
    """Return a tweet as HTML, escaped and cut at 2,000 characters, with a note below it."""
    shown = text[:MOST_CHARACTERS].replace("\r", "")  # lines inside a tweet end with \r\r\n
    body = f"{escape(shown)}<br><small>{escape(note)}</small>"
    return f'<div class="tex2jax_ignore mathjax_ignore" style="{CARD_STYLE}">{body}</div>'


def show_tweets(texts: Sequence[str], notes: Sequence[str]) -> HTML:
    """Return tweets as tweets, one below the other, each with a note, such as its label."""
    pairs = zip(texts, notes, strict=True)
    return HTML("".join(tweet_card(text, note) for text, note in pairs))


def show_table(table: pd.DataFrame, decimals: int = 3) -> HTML:
    """Return a table whose cells are aligned to the left, as words are read, and escaped."""
    html = table.to_html(float_format=f"{{:.{decimals}f}}".format, justify="left", border=0)
    return HTML(html.replace("<td>", '<td style="text-align:left">'))
