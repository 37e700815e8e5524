"""Where the project's files are: its root, its notebooks, its configurations and its outputs."""

import os
from pathlib import Path

from tweetsent_utils.errors import TweetsentError

FIRST_NOTEBOOK = Path("notebooks") / "01_data_analysis.ipynb"
ROOT_VARIABLE = "TWEETSENT_ROOT"  # set for JupyterLab, where notebooks are copies elsewhere


def find_project_root() -> Path:
    """Return the checkout that holds this package or, if it is installed elsewhere, another.

    The other is the one that the environment names or, without that, the working directory or the
    nearest folder above it that holds the notebooks; without any, it is the working directory.
    """
    here = Path.cwd()
    named = Path(os.environ.get(ROOT_VARIABLE) or here)
    for folder in (Path(__file__).resolve().parents[1], named, here, *here.parents):
        if (folder / FIRST_NOTEBOOK).is_file():
            return folder
    return here


PROJECT_ROOT = find_project_root()
NOTEBOOKS = PROJECT_ROOT / "notebooks"
REFERENCE = PROJECT_ROOT / "outputs" / "reference"


def outputs_root() -> Path:
    """Return the folder that holds all runs: `$TWEETSENT_OUTPUTS`, or `outputs/` of the project.

    A relative one is counted from the project's root: the kernels work in another folder than the
    command, and all must mean the same.
    """
    given = os.environ.get("TWEETSENT_OUTPUTS", "").strip()
    return PROJECT_ROOT / os.path.expanduser(given or "outputs")


def project_path(path: str | Path) -> Path:
    """Return the absolute path that a user means.

    `~` is the home folder. A relative path is counted from the working directory if there is such a
    file or folder, as in one's own script, and else from the project's root, as in the notebooks,
    which work in a folder of their own. Raises `TweetsentError` for one that leads out of the
    project.
    """
    given = Path(os.path.expanduser(path))
    here = Path(os.path.abspath(given))
    if given.is_absolute() or (given.parts and os.path.lexists(here)):
        return here
    resolved = Path(os.path.normpath(PROJECT_ROOT / given))
    if not resolved.is_relative_to(PROJECT_ROOT):
        what = f"{path} leads out of the project, and there is no {here}"
        raise TweetsentError(f"{what}: give it as an absolute path")
    return resolved


def short_path(path: str | Path) -> str:
    """Return a path as a note that stays in a notebook names it.

    In the project it is counted from the root, so that it means the same on every machine.
    """
    path = Path(path)
    is_in_project = path.is_relative_to(PROJECT_ROOT)
    return path.relative_to(PROJECT_ROOT).as_posix() if is_in_project else str(path)
