"""Progress bars for every way of running: widgets for a person in JupyterLab, plain lines in a file for all else."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm
from tqdm.notebook import tqdm as tqdm_notebook

from tweetsent_utils.display import somebody_is_there


def progress(items: Collection, name: str, log: Path, tweets: int = 0) -> Iterator[Any]:
    """Yield `items` under a bar called `name`; give `tweets`, their total, where items are batches, to count tweets.

    With a person watching, the bar is a widget, which may stand inside another. Else each change of it is written to
    the file `log`, which the pipeline's driver shows and anybody can follow; the notebook's output stays clean.
    """
    options = {"desc": name, "total": tweets or len(items), "unit": " tweet" if tweets else " step", "position": 0}
    with open(log, "a", encoding="utf-8") as file:
        if somebody_is_there():
            bar = tqdm_notebook(**options, leave=False)
        else:
            bar = tqdm(**options, file=file, ncols=90, mininterval=1.0, ascii=" -")
        with bar:
            for item in items:
                yield item
                bar.update(len(item["labels"]) if tweets else 1)
