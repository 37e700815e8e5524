"""What a notebook shows: the package's source, a figure, a tweet; and whether somebody is there to see it."""

import inspect
from html import escape
from io import BytesIO
from pathlib import Path

from IPython import get_ipython
from IPython.display import Image, Markdown
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from tweetsent_utils.files import write_whole

DOTS_PER_INCH = 100  # as shown; the file has half as many again, for sharp screens and print


def somebody_is_there() -> bool:
    """Tell whether a person runs this cell: JupyterLab can be asked for input, papermill and nbval cannot."""
    return getattr(getattr(get_ipython(), "kernel", None), "_allow_stdin", False)


def show_source(*pieces: object) -> Markdown:
    """Return the current source of functions or classes as a highlighted output."""
    return Markdown("```python\n" + "\n\n".join(inspect.getsource(piece) for piece in pieces) + "```")


def show_figure(figure: Figure, path: Path, alt: str) -> Image:
    """Save a figure as PNG at `path`, close it, and return it as an output with an alt text."""
    png = BytesIO()
    figure.savefig(png, dpi=1.5 * DOTS_PER_INCH, metadata={"Software": None})
    write_whole(path, lambda file: file.write_bytes(png.getvalue()))
    plt.close(figure)
    return Image(png.getvalue(), width=round(figure.get_figwidth() * DOTS_PER_INCH), alt=alt)


def tweet_card(text: str, note: str) -> str:
    """Return a tweet as HTML, its text escaped and cut at 2,000 characters, with a line of notes below it."""
    style = "border-left:4px solid #a6a6a6;padding:0.4em;max-width:44em;white-space:pre-wrap;overflow-wrap:anywhere"
    lines = escape(text[:2000].replace("\r", ""))  # the files end lines inside a tweet with \r\r\n
    return f'<div class="tex2jax_ignore mathjax_ignore" style="{style}">{lines}<br><small>{escape(note)}</small></div>'
