"""JupyterLab as the command opens it: its own settings, no trace elsewhere, a clean end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest
from traitlets.utils.importstring import import_item

from tweetsent_utils.paths import PROJECT_ROOT, find_project_root
from tweetsent_utils.pipeline import cli
from tweetsent_utils.pipeline import lab as lab_module
from tweetsent_utils.pipeline.widget_state import keep_widget_state


@pytest.fixture
def started(outputs, monkeypatch):
    """What would have been started: the command line, and the environment."""
    found = {}
    monkeypatch.setattr(
        lab_module,
        "run_until_stopped",
        lambda command, environment, farewell: found.update(
            command=command, environment=environment
        ),
    )
    return found


def test_the_command_makes_copies_and_opens_jupyterlab_on_them(started, outputs):
    assert cli.main(["lab", "--", "--no-browser", "--port=9000"]) == 0
    assert (outputs / "lab" / "notebooks" / "01_data_analysis.ipynb").exists()
    assert f"--ServerApp.root_dir={outputs / 'lab'}" in started["command"]
    assert started["command"][-2:] == ["--no-browser", "--port=9000"]
    for name in ("CONFIG", "DATA", "RUNTIME"):
        assert started["environment"][f"JUPYTER_{name}_DIR"].startswith(str(outputs / "lab"))


def test_jupyterlab_is_asked_for_in_a_sentence_where_it_is_missing(started, monkeypatch, capsys):
    monkeypatch.setattr(lab_module, "find_spec", lambda name: None)
    assert cli.main(["lab"]) == 1
    assert "pip install jupyterlab" in capsys.readouterr().err
    assert started == {}


def test_a_package_installed_elsewhere_finds_the_project_from_a_copy(tmp_path, monkeypatch):
    monkeypatch.setattr("tweetsent_utils.paths.__file__", str(tmp_path / "site" / "x" / "paths.py"))
    monkeypatch.setenv("TWEETSENT_ROOT", str(PROJECT_ROOT))
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01_data_analysis.ipynb").touch()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert find_project_root() == PROJECT_ROOT


def test_what_the_configuration_names_exists():
    hook = lab_module.CONFIGURATION["ContentsManager"]["pre_save_hook"]
    assert import_item(hook) is keep_widget_state


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_it_starts_with_its_own_settings_leaves_the_home_alone_and_ends_with_ctrl_c(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tweetsent_utils", "lab", "--", "--no-browser"]
    command += [f"--port={port}", "--allow-root", "--IdentityProvider.token="]
    environment = os.environ | {"HOME": str(home), "TWEETSENT_OUTPUTS": str(tmp_path / "outputs")}
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, env=environment, preexec_fn=hear_ctrl_c)
    try:
        settings = wait_for(f"http://localhost:{port}/lab/api/settings", process)
        schemas = {entry["id"]: entry["schema"].get("properties") for entry in settings["settings"]}
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.terminate()  # which it passes on to JupyterLab
        process.wait(60)
    news = schemas["@jupyterlab/apputils-extension:notification"]["fetchNews"]
    widgets = schemas["@jupyter-widgets/jupyterlab-manager:plugin"]["saveState"]
    assert (news["default"], widgets["default"]) == ("false", True)
    assert not any(child.is_running() for child in children)
    assert list(home.iterdir()) == []


def hear_ctrl_c() -> None:
    """Undo what a shell does to a command in the background, which Ctrl-C isn't meant for."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def wait_for(url: str, process: subprocess.Popen) -> dict:
    """Return the JSON at an address, as soon as there is some."""
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=60) as answer:
                return json.load(answer)
        except URLError:
            time.sleep(0.2)
    raise AssertionError("JupyterLab did not start")
