"""What a cell returns: the source of a function, a figure, a tweet; and whether anybody watches."""

import inspect
from html import escape
from io import BytesIO
from pathlib import Path

from IPython import get_ipython
from IPython.display import Image, Markdown
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image as PillowImage

from tweetsent_utils.files import write_atomically

DOTS_PER_INCH = 100  # as shown; the file has half as many again, for sharp screens and print
MOST_CHARACTERS = 2000  # of a tweet that are shown
CARD_STYLE = (
    "border-left:4px solid #a6a6a6;padding:0.4em;max-width:44em;"
    "white-space:pre-wrap;overflow-wrap:anywhere"
)


def is_interactive() -> bool:
    """Tell whether a person runs this cell: JupyterLab can be asked for input, papermill cannot."""
    kernel = getattr(get_ipython(), "kernel", None)
    return getattr(kernel, "_allow_stdin", False)


def show_source(*functions: object) -> Markdown:
    """Return the current source of functions or classes as a highlighted output."""
    sources = [inspect.getsource(function) for function in functions]
    return Markdown("```python\n" + "\n\n".join(sources) + "```")


def show_figure(figure: Figure, path: Path, alt: str) -> Image:
    """Save a figure as PNG at `path`, close it, and return it as an output with an alt text."""
    png = encode_png(figure)
    write_atomically(path, lambda file: file.write_bytes(png))
    plt.close(figure)
    width = round(figure.get_figwidth() * DOTS_PER_INCH)
    return Image(png, width=width, alt=alt)


def encode_png(figure: Figure) -> bytes:
    """Return a figure as PNG with 256 colours, which takes a third of the room of full colour."""
    rendered, encoded = BytesIO(), BytesIO()
    figure.savefig(rendered, dpi=1.5 * DOTS_PER_INCH)
    image = PillowImage.open(rendered).convert("RGB")
    image.quantize(256, dither=PillowImage.Dither.NONE).save(encoded, "PNG", optimize=True)
    return encoded.getvalue()


def tweet_card(text: str, note: str) -> str:
    """Return a tweet as HTML, escaped and cut at 2,000 characters, with a note below it."""
    shown = text[:MOST_CHARACTERS].replace("\r", "")  # lines inside a tweet end with \r\r\n
    body = f"{escape(shown)}<br><small>{escape(note)}</small>"
    return f'<div class="tex2jax_ignore mathjax_ignore" style="{CARD_STYLE}">{body}</div>'
