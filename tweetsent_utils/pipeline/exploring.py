"""The playground of a finished run as a page of its own, served by Voilà to this machine alone."""

import json
import os
import secrets
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tweetsent_utils.data.split_files import load_meta, load_split
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.predictions import join_predictions
from tweetsent_utils.explore.examples import Examples, pick_examples
from tweetsent_utils.explore.playground import playground
from tweetsent_utils.model.classifier import find_trained
from tweetsent_utils.paths import PROJECT_ROOT, ROOT_VARIABLE
from tweetsent_utils.pipeline.runs import refuse_ensemble, run_folder
from tweetsent_utils.pipeline.servers import run_until_stopped
from tweetsent_utils.pipeline.terminal import say
from tweetsent_utils.scoring.classifier import TweetClassifier, open_classifier
from tweetsent_utils.scoring.ensemble import require_one_label_order
from tweetsent_utils.show.display import PAGE_VARIABLE

PAGE = Path(__file__).parents[1] / "explore" / "page"
RUNS_VARIABLE = "TWEETSENT_EXPLORED"  # the names of the runs whose models are played with, as JSON
OPTIONS = (
    "--Voila.ip=127.0.0.1",
    "--template=tweetsent",
    "--VoilaConfiguration.file_allowlist=^$",  # no file next to the notebook is served
    "--preheat_kernel=False",
    "--show_tracebacks=True",
    # A page that was closed gives its memory back.
    "--MappingKernelManager.cull_idle_timeout=300",
    "--MappingKernelManager.cull_interval=60",
)
BASE_URLS = ("--base_url", "--Voila.base_url")  # by which somebody chooses the address


def explore(runs: Sequence[str], options: Sequence[str] = ()) -> None:
    """Serve the playground with the models of finished runs, side by side, until Ctrl-C ends it.

    The address has a secret in it, so that no other page that is open in the browser can ask for
    it. `options` are more of Voilà's own.

    Raises `TweetsentError` for a run without a model, for runs with other classes than the first,
    if the first has no texts to pick from, and if Voilà is not installed.
    """
    require_one_label_order([find_model(name) for name in runs])
    find_examples(run_folder(runs[0]))
    if find_spec("voila") is None:
        what = "the page needs Voilà, which is not installed"
        raise TweetsentError(f"{what}: python -m pip install -r requirements-explore.txt")
    environment = os.environ | {
        RUNS_VARIABLE: json.dumps(list(runs)),
        PAGE_VARIABLE: "1",
        ROOT_VARIABLE: str(PROJECT_ROOT),
        "JUPYTER_PATH": os.pathsep.join([str(PAGE), os.environ.get("JUPYTER_PATH", "")]),
    }
    say(f"the playground of {', '.join(runs)}, for this machine alone; Ctrl-C ends it")
    command = [sys.executable, "-m", "voila", str(PAGE / "playground.ipynb"), *OPTIONS]
    if not any(option.startswith(BASE_URLS) for option in options):
        command.append(f"--base_url=/{secrets.token_urlsafe(16)}/")
    command += options
    run_until_stopped(command, environment, "the page is closed")


def show_playground() -> None:
    """Show the playground of the runs that `explore` has been asked for: the page's only cell."""
    runs = json.loads(os.environ[RUNS_VARIABLE])
    first = run_folder(runs[0])
    readers = [open_run_reader(name) for name in runs]
    playground(readers, load_meta(first)["ordered"], find_examples(first))


def find_examples(run: Path) -> Examples:
    """Return a run's texts to pick from; raises `TweetsentError` where they are missing."""
    validation = join_predictions(run, "validation", load_split(run, "validation"))
    texts = load_split(run, "test")["text"]
    return pick_examples(texts, validation, load_meta(run)["label_order"])


def open_run_reader(name: str) -> TweetClassifier:
    """Return the model of a finished run."""
    return open_classifier(find_model(name), name, precision="fp32")  # a push may be small


def find_model(name: str) -> Path:
    """Return the folder of a run's model if it is whole; raises `TweetsentError` otherwise."""
    folder = run_folder(name)
    refuse_ensemble(folder)
    return find_trained(folder, load_meta(folder))
