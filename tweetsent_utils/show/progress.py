"""Progress bars: in JupyterLab where somebody watches, as lines of a log where nobody does."""

from collections.abc import Collection, Iterator
from pathlib import Path

from tqdm import tqdm
from tqdm.notebook import tqdm as tqdm_notebook

from tweetsent_utils.show.display import is_interactive


def track_progress(
    items: Collection,
    name: str,
    log: Path,
    tweets: int = 0,
    done: int = 0,
) -> Iterator:
    """Yield `items` under a progress bar called `name`.

    If items are batches, give `tweets`, their total, to count tweets, and as `done` how many of
    them an earlier call has yielded. The bar is shown in JupyterLab; elsewhere, each change of it
    is written to the file `log` after a carriage return, and the command shows the last one.
    """
    with open(log, "a", encoding="utf-8") as file:
        options = {
            "desc": name,
            "total": tweets or len(items),
            "unit": " tweet" if tweets else " step",
            "position": 0,
            "initial": done,
        }
        if is_interactive():
            bar = tqdm_notebook(**options, leave=False)
        else:
            bar = tqdm(**options, file=file, ncols=90, mininterval=1.0, ascii=" -")
        with bar:
            for item in items:
                yield item
                bar.update(len(item["labels"]) if tweets else 1)
