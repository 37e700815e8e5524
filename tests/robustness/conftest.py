"""What the tests of bad input share: one way to be refused, small notebooks, a tiny encoder."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.pipeline import notebooks

FIRST = 'run_name = "quick"\nseed = 0\nmax_lr = 0.1\nlabel_order = ["low", "high"]'
SECOND = 'run_name = "quick"'
OPEN = """import os, time
from pathlib import Path
run = Path(os.environ["TWEETSENT_OUTPUTS"]) / run_name"""
WAIT = """(run.parent / "begun").touch()
if (run.parent / "slow").exists():
    time.sleep(60)"""
METRICS = """import json
metrics = {"test": {"accuracy": 0.75, "rows": 1234}, "baselines": {"majority": {"accuracy": 0.5}}}
(run / "metrics.json").write_text(json.dumps(metrics))
(run / "dataset").mkdir(exist_ok=True)
meta = {"share_cut": 0.25, "max_length": 128}
(run / "dataset" / "meta.json").write_text(json.dumps(meta));"""


@pytest.fixture
def refusal() -> Callable[..., str]:
    """A function that calls another, and returns the one sentence that the call is refused with."""

    def refuse(function: Callable, *arguments: Any) -> str:
        with pytest.raises(TweetsentError) as caught:
            function(*arguments)
        message = str(caught.value)
        assert "\n" not in message
        assert ": " in message  # what is wrong, a colon, what to do
        assert len(message) < 700
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
        return message

    return refuse


@pytest.fixture
def outputs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write_notebook: Callable[..., Path],
) -> Path:
    """An outputs folder that does not exist yet, and two small notebooks instead of the project's.

    The second waits a minute if there is a file `slow` in that folder.
    """
    folder = tmp_path / "notebooks"
    write_notebook(folder / "01_first.ipynb", FIRST, OPEN)
    write_notebook(folder / "02_second.ipynb", SECOND, OPEN, WAIT, METRICS)
    monkeypatch.setattr(notebooks, "NOTEBOOKS", folder)
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path / "outputs"))
    return tmp_path / "outputs"


@pytest.fixture
def broken(tiny_encoder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny encoder, to break."""
    return Path(shutil.copytree(tiny_encoder, tmp_path / "broken"))
