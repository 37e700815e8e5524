"""The runs of a sweep, spread over a Ray cluster: one run is one task."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.paths import outputs_root
from tweetsent_utils.pipeline.terminal import say
from tweetsent_utils.scoring.ray_engine import start_ray

MOST_CPUS = 8  # of a run: more help little
RETRIES = 3  # of a run whose machine was lost; it goes on from its last checkpoint


def run_each_with_ray(
    runs: Sequence[dict[str, Any]],
    steps: Sequence[Path],
    start: str | None,
    address: str = "",
) -> dict[str, Path]:
    """Run several runs side by side on a cluster; return the folders of those that did not fail.

    It does what `run_each` does, and takes and gives the same. The folder of the outputs is one
    that all machines see, and each of them has this project in the same place.
    """
    ray = start_ray(address)
    resources = ray.cluster_resources()
    cpus = max(min(int(resources.get("CPU", 1)) // len(runs), MOST_CPUS), 1)
    wants_gpu = runs[0].get("device", "auto") != "cpu"
    gpus = 1 if wants_gpu and resources.get("GPU", 0) >= 1 else 0
    task = ray.remote(num_cpus=cpus, num_gpus=gpus, max_retries=RETRIES)(run_one)
    environment = {"TWEETSENT_OUTPUTS": str(outputs_root())}
    names = [path.name for path in steps]
    waiting = {task.remote(run, names, start, environment): run["run_name"] for run in runs}
    say(f"{len(runs)} runs on {resources.get('CPU', 1):.0f} cores, {cpus} for each")
    finished = {}
    while waiting:
        (ready,), _ = ray.wait(list(waiting), num_returns=1)
        name = waiting.pop(ready)
        try:
            folder, error = ray.get(ready)
        except ray.exceptions.RayError as lost:
            folder, error = "", str(lost).strip().splitlines()[-1]
        if error:
            say(f"error: {name}: {error}", "stderr")
        else:
            say(f"{name}: done, {len(waiting)} to go")
            finished[name] = Path(folder)
    names = [run["run_name"] for run in runs]  # in the order that was asked for
    return {name: finished[name] for name in names if name in finished}


def run_one(
    parameters: dict[str, Any],
    names: Sequence[str],
    start: str | None,
    environment: dict[str, str],
) -> tuple[str, str]:
    """Run one run in a worker; return its folder, or what went wrong in a sentence."""
    os.environ.update(environment)
    # Imported here, after the environment says where the outputs are.
    from tweetsent_utils.pipeline.driver import run_pipeline
    from tweetsent_utils.pipeline.notebooks import list_notebooks

    steps = [path for path in list_notebooks() if path.name in set(names)]
    try:
        return str(run_pipeline(parameters, start, steps)), ""
    except TweetsentError as error:
        return "", str(error)
