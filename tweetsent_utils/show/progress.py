"""Progress bars: in JupyterLab where somebody watches, as lines of text where nobody does."""

import time
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from IPython.display import display
from tqdm import tqdm
from tqdm.notebook import tqdm as tqdm_notebook

from tweetsent_utils.errors import is_followed
from tweetsent_utils.show.display import is_interactive

COLUMNS = 66  # of a bar as text: with the notebook's name before it, it fits a narrow terminal
WITH_WORDS = "{l_bar}{bar}| {n_fmt}/{total_fmt} <{remaining}{postfix}, {rate_fmt}"


class Pace:
    """Tells when so many seconds have passed since it last told."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.last = time.monotonic()

    def is_due(self) -> bool:
        """Return True once per period."""
        now = time.monotonic()
        if now - self.last < self.seconds:
            return False
        self.last = now
        return True


PACE_OF_LINES = Pace(60)  # of all bars together


def track_progress(
    items: Collection,
    name: str,
    log: Path,
    tweets: int = 0,
    done: int = 0,
    words: Callable[[], str] | None = None,
    line: Callable[[], str] | None = None,
) -> Generator:
    """Yield `items` under a progress bar called `name`.

    If items are batches, give `tweets`, to count tweets: how many there are in all. `done` of them
    (of the tweets, or of the steps, if these are counted) were there before: the bar goes on after
    them, and the rate is that of the new ones alone.

    The bar is shown in JupyterLab. Elsewhere, each change of it is written to the file `log` after
    a carriage return, and the command shows the last one; where no command follows, as under plain
    papermill, a line is printed every minute. `words` are asked for something to add to the bar,
    such as the loss, and `line` for what to print in place of the bar.
    """
    with open(log, "a", encoding="utf-8") as file:
        options = {
            "desc": name,
            "total": tweets or done + len(items),
            "initial": done,
            "unit": " tweet" if tweets else " step",
            "position": 0,
        }
        prints_lines = not is_interactive() and not is_followed()
        with open_bar(options, file, bool(words)) as bar:
            for item in items:
                yield item
                if words:
                    bar.set_postfix_str(words(), refresh=False)
                bar.update(len(item["labels"]) if tweets else 1)
                if prints_lines and PACE_OF_LINES.is_due():
                    print(line() if line else str(bar).strip(), flush=True)


@contextmanager
def open_bar(options: dict[str, Any], file: TextIO, has_words: bool) -> Iterator[tqdm]:
    """Open a bar: in JupyterLab, which shows nothing of it any more in the end, or in a file."""
    if not is_interactive():
        # Words take the room of the time so far.
        bar_format = WITH_WORDS if has_words else None
        look = {"ncols": COLUMNS, "ascii": " -", "bar_format": bar_format}
        with tqdm(**options, **look, file=file, mininterval=1.0) as bar:
            yield bar
        return
    # Dynamic: in a narrow window, its words go below it.
    with tqdm_notebook(**options, dynamic_ncols=True, leave=False, display=False) as bar:
        output = display(bar.container, display_id=True)
        try:
            yield bar
        finally:  # else the stored output would name a widget that no longer exists
            output.update({"text/plain": ""}, raw=True)
