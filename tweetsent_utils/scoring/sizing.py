"""How long a corpus takes, and how many machines it takes to have it by a certain time."""

import math
from collections.abc import Sequence

import pandas as pd

HOUR = 3600.0


def size_up(
    rate: float,
    rows: Sequence[int] = (10**6, 10**7, 10**8, 10**9),
    hours: Sequence[float] = (1, 24, 168),
    efficiency: float = 0.9,
) -> pd.DataFrame:
    """Return the hours that one machine takes for so many rows, and the machines for some hours.

    `rate` is how many rows a machine was measured to answer in a second. Several of them reach
    `efficiency` of their rates' sum: shares are uneven, and the slowest ends last.

    >>> size_up(100, rows=[10**6], hours=[1]).iloc[0].tolist()
    [2.8, 4.0]
    """
    table = pd.DataFrame(index=pd.Index(rows, name="rows"))
    alone = [count / rate / HOUR for count in rows]
    table["hours, one machine"] = [round(value, 1) for value in alone]
    for most in hours:
        name = f"machines, {most:g} h"
        table[name] = [count_machines(value, most, efficiency) for value in alone]
    return table


def count_machines(alone: float, most: float, efficiency: float) -> int:
    """Return how many machines have done in `most` hours what one does in `alone` hours."""
    return 1 if alone <= most else math.ceil(alone / most / efficiency)
