"""Ctrl-C: the command ends at once, says so, and goes on where it was."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tweetsent_utils.paths import PROJECT_ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="Ctrl-C reaches processes in another way"),
]


def command(outputs: Path) -> list[str]:
    """The command line in a process of its own, on the small notebooks."""
    code = f"""
import sys
from pathlib import Path
from tweetsent_utils.pipeline import cli, notebooks
notebooks.NOTEBOOKS = Path({str(outputs.parent / "notebooks")!r})
sys.exit(cli.main(["run"]))
"""
    return [sys.executable, "-c", code]


def wait_for(file: Path, process: subprocess.Popen) -> None:
    end = time.monotonic() + 60
    while not file.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    assert file.exists()


@pytest.mark.parametrize("send", [os.killpg, os.kill], ids=["command and kernel", "command alone"])
def test_an_interrupted_run_says_so_and_the_same_command_goes_on(outputs, send):
    outputs.mkdir()
    (outputs / "slow").touch()
    process = subprocess.Popen(
        command(outputs),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=PROJECT_ROOT,
    )
    wait_for(outputs / "begun", process)
    send(process.pid, signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    first = outputs / "quick" / "01_first.ipynb"
    finished = first.stat().st_mtime_ns
    assert not (outputs / "quick" / "02_second.ipynb").exists()

    (outputs / "slow").unlink()
    ended = subprocess.run(command(outputs), capture_output=True, text=True, cwd=PROJECT_ROOT)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert first.stat().st_mtime_ns == finished
    assert (outputs / "quick" / "02_second.ipynb").exists()
    assert not list((outputs / "quick").glob("*.partial.ipynb"))
