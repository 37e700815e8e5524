"""Progress bars: in JupyterLab where somebody watches, as lines of text where nobody does."""

import time
from collections.abc import Collection, Iterator
from pathlib import Path

from tqdm import tqdm
from tqdm.notebook import tqdm as tqdm_notebook

from tweetsent_utils.errors import is_followed
from tweetsent_utils.show.display import is_interactive

COLUMNS = 65  # of a bar as text: with the notebook's name before it, it fits a narrow terminal


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
) -> Iterator:
    """Yield `items` under a progress bar called `name`.

    If items are batches, give `tweets`, to count tweets: how many there are in all. `done` of them
    (of the tweets, or of the steps, if these are counted) were there before: the bar goes on after
    them, and the rate is that of the new ones alone.

    The bar is shown in JupyterLab. Elsewhere, each change of it is written to the file `log` after
    a carriage return, and the command shows the last one; where no command follows, as under plain
    papermill, a line is printed every minute.
    """
    with open(log, "a", encoding="utf-8") as file:
        options = {
            "desc": name,
            "total": tweets or done + len(items),
            "initial": done,
            "unit": " tweet" if tweets else " step",
            "position": 0,
        }
        if is_interactive():
            bar = tqdm_notebook(**options, leave=False)
        else:
            bar = tqdm(**options, file=file, ncols=COLUMNS, mininterval=1.0, ascii=" -")
        prints_lines = not is_interactive() and not is_followed()
        with bar:
            for item in items:
                yield item
                bar.update(len(item["labels"]) if tweets else 1)
                if prints_lines and PACE_OF_LINES.is_due():
                    print(str(bar).strip(), flush=True)
