"""Where the project's files are: its root, its notebooks, its configurations and its outputs."""

import os
from pathlib import Path

from tweetsent_utils.errors import TweetsentError

FIRST_NOTEBOOK = Path("notebooks") / "01_data_analysis.ipynb"


def find_project_root() -> Path:
    """Return the checkout that holds this package or, if it is installed elsewhere, another.

    The other is the working directory or the nearest folder above it that holds the notebooks;
    without any, it is the working directory itself.
    """
    here = Path.cwd()
    for folder in (Path(__file__).resolve().parents[1], here, *here.parents):
        if (folder / FIRST_NOTEBOOK).is_file():
            return folder
    return here


PROJECT_ROOT = find_project_root()
NOTEBOOKS = PROJECT_ROOT / "notebooks"
CONFIGS = PROJECT_ROOT / "configs"
REFERENCE = PROJECT_ROOT / "outputs" / "reference"


def outputs_root() -> Path:
    """Return the folder that holds all runs: `$TWEETSENT_OUTPUTS`, or `outputs/` of the project.

    A relative one is counted from the project's root, as the kernels work in another folder.
    """
    return PROJECT_ROOT / (os.environ.get("TWEETSENT_OUTPUTS") or "outputs")


def project_path(path: str | Path) -> Path:
    """Return an absolute path as it is, and a relative one counted from the project's root.

    Raises `TweetsentError` for a relative path that leads out of the project.
    """
    resolved = Path(os.path.normpath(PROJECT_ROOT / path))
    if not Path(path).is_absolute() and not resolved.is_relative_to(PROJECT_ROOT):
        raise TweetsentError(f"{path} leads out of the project: give it as an absolute path")
    return resolved
