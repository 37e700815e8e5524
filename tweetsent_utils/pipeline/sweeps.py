"""Several runs at once: the parameters of one run for each combination of some values."""

import re
from collections.abc import Sequence
from typing import Any

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.pipeline.parameters import check_parameters


def expand_sweeps(parameters: dict[str, Any], sweeps: Sequence[str]) -> list[dict[str, Any]]:
    """Return the parameters of one run per combination of values, each named after its values.

    A sweep is `NAME=VALUE,VALUE`. Without one, the parameters themselves come back. Raises
    `TweetsentError` for a sweep that cannot be made.
    """
    if not sweeps:
        return [check_parameters(parameters)]
    from sklearn.model_selection import ParameterGrid  # takes a second to import

    values_by_name = parse_sweeps(sweeps)
    runs = []
    for combination in ParameterGrid(values_by_name):
        run_name = parameters["run_name"]
        for name in values_by_name:  # as they were given; the grid sorts them
            run_name += re.sub(r"[^\w.]+", "-", f"-{name}-{combination[name]}")
        run = parameters | combination | {"run_name": run_name.rstrip(".-")}
        runs.append(check_parameters(run))
    refuse_equal_names([run["run_name"] for run in runs])
    return runs


def refuse_equal_names(names: Sequence[str]) -> None:
    """Refuse names that are one folder where upper and lower case are one, as on Windows."""
    seen = {}
    for name in names:
        folder = name.casefold()
        if folder in seen:
            what = f"two runs of the sweep, {seen[folder]} and {name}, would have the same folder"
            raise TweetsentError(f"{what}: give values that differ in letters or digits")
        seen[folder] = name


def parse_sweeps(sweeps: Sequence[str]) -> dict[str, list[Any]]:
    """Return the values of each swept parameter, in its type."""
    values_by_name = {}
    for sweep in sweeps:
        name, _, values = sweep.partition("=")
        if name == "run_name" or not values or name in values_by_name:
            remedy = "give NAME=VALUE,VALUE, each name once"
            raise TweetsentError(f"the sweep {name}={values} cannot be made: {remedy}")
        values_by_name[name] = [
            check_parameters({name: value})[name] for value in values.split(",")
        ]
    return values_by_name
