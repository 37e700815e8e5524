"""JupyterLab on working copies of the notebooks, with settings for it alone."""

import os
import sys
from collections.abc import Sequence
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from tweetsent_utils.errors import NOTES_VARIABLE, TweetsentError
from tweetsent_utils.files import save_json, write_atomically
from tweetsent_utils.paths import PROJECT_ROOT, ROOT_VARIABLE, outputs_root
from tweetsent_utils.pipeline.servers import run_until_stopped
from tweetsent_utils.pipeline.terminal import say
from tweetsent_utils.pipeline.working_copies import WELCOME, update_copies

FAREWELL = "JupyterLab ends; your copies stay, and a training goes on from its last checkpoint"
SETTINGS = {
    # No look at another host for news or updates.
    "@jupyterlab/apputils-extension:notification": {"checkForUpdates": False, "fetchNews": "false"},
    "@jupyterlab/extensionmanager-extension:plugin": {"enabled": False},
    # A notebook that is opened again shows its widgets as they were left.
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
    # Pages are read, not edited; and light or dark is the system's choice.
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
}
# In a file, so that whoever opens JupyterLab may give another value in the command line.
CONFIGURATION = {
    "ServerApp": {"ip": "localhost", "log_level": "WARN"},
    "ContentsManager": {"pre_save_hook": "tweetsent_utils.pipeline.widget_state.keep_widget_state"},
    "LanguageServerManager": {"autodetect": False},  # it would start npm to look for some
    "LabApp": {
        "default_url": f"/lab/tree/{WELCOME}",
        "custom_css": True,
        "news_url": None,
        "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "extension_manager": "readonly",
        "log_level": "WARN",
    },
}
# As JupyterLab describes an extension that comes with all that it needs.
EXTENSION = {
    "name": "tweetsent-lab",
    "version": "1.0.0",
    "jupyterlab": {"_build": {"load": "static/remoteEntry.js", "extension": "./extension"}},
}


def open_lab(options: Sequence[str] = (), fresh: bool = False) -> None:
    """Open JupyterLab on working copies in `lab/`, below the outputs, until Ctrl-C ends it.

    `options` are more of JupyterLab's own; with `fresh`, the copies are made anew. It keeps its
    settings, keys and windows next to the copies, so that neither the project's files nor the
    user's own JupyterLab are touched. Raises `TweetsentError` if JupyterLab isn't installed, the
    copies cannot be written, or it ends with an error.
    """
    if find_spec("jupyterlab") is None:
        raise TweetsentError("JupyterLab is not installed: python -m pip install jupyterlab")
    folder = outputs_root() / "lab"
    home = folder / ".jupyter"
    update_copies(folder, home / "data", fresh)
    write_settings(home / "config")
    write_extension(home / "data" / "labextensions" / EXTENSION["name"])
    say(f"JupyterLab opens working copies of the notebooks, in {folder}; Ctrl-C ends it")
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", *options]
    run_until_stopped(command, lab_environment(home), FAREWELL)


def write_settings(config: Path) -> None:
    """Write the configuration and the settings of this JupyterLab, and its look."""
    save_json(config / "jupyter_server_config.json", CONFIGURATION)
    save_json(config / "labconfig" / "default_setting_overrides.json", SETTINGS)
    copy_from_package("lab.css", config / "custom" / "custom.css")


def write_extension(folder: Path) -> None:
    """Write the extension that shows the cell that failed."""
    save_json(folder / "package.json", EXTENSION)
    copy_from_package("lab.js", folder / EXTENSION["jupyterlab"]["_build"]["load"])


def copy_from_package(name: str, place: Path) -> None:
    """Write a file of the package's room `explore` somewhere else."""
    content = files("tweetsent_utils.explore").joinpath(name).read_bytes()
    write_atomically(place, lambda file: file.write_bytes(content))


def lab_environment(home: Path) -> dict[str, str]:
    """Return the environment of a JupyterLab that keeps to itself in the folder `home`."""
    own = {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "data" / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        ROOT_VARIABLE: str(PROJECT_ROOT),
    }
    inherited = {name: value for name, value in os.environ.items() if name != NOTES_VARIABLE}
    return inherited | own
