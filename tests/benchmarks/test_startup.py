"""`startup.py`: what is timed of notebooks and of the pipeline."""

import subprocess

import pytest
import startup

from tweetsent_utils.errors import TweetsentError

# Runs in place of the pipeline: its training begins after 0.3 s and lasts half a second.
PIPELINE = """
import json, os, pathlib, sys, time
folder = pathlib.Path(os.environ["TWEETSENT_OUTPUTS"]) / "startup"
folder.mkdir()
log = folder / "progress.log"
log.write_text("epochs: 0%\\n")
time.sleep(0.3)
log.write_text("epochs: 0%\\nepoch 1 of 1:   0%|")
time.sleep(0.5)
timings = {"notebooks": {"arguments": sys.argv[1:]}}
(folder / "timings.json").write_text(json.dumps(timings))
sys.exit("num_epochs" not in sys.argv)
"""


def test_only_the_imports_of_a_notebook_are_taken(write_notebook, tmp_path):
    path = write_notebook(
        tmp_path / "01_a.ipynb",
        "seed = 1",
        "import json\nraise ValueError",
        "from os import (\n path)",
    )
    assert startup.import_statements(path) == "import json\nfrom os import path"


@pytest.mark.slow
def test_imports_are_timed_in_a_fresh_process():
    slow = startup.import_seconds("import time as clock\nclock.sleep(0.5)")
    assert slow >= 0.5
    assert startup.import_seconds("import json") < slow


@pytest.mark.slow
def test_the_first_training_step_is_when_the_bar_of_the_first_epoch_appears(monkeypatch):
    popen = subprocess.Popen

    def start_stand_in(command, **options):
        python, _, _, *arguments = command
        return popen([python, "-c", PIPELINE, *arguments], **options)

    monkeypatch.setattr(startup.subprocess, "Popen", start_stand_in)
    found = startup.pipeline_seconds({"num_epochs": 1})
    arguments = ["run", "--run", "startup", "-p", "num_epochs", "1"]
    assert found["notebooks"] == {"arguments": arguments}
    assert 0.3 < found["first_training_step"] < found["whole"] - 0.4
    with pytest.raises(TweetsentError, match="pipeline failed"):
        startup.pipeline_seconds({})
