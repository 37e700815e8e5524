"""What JupyterLab saves of widgets: how they were left, also when their kernel has ended since."""

import json
import re
from pathlib import Path
from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
REFERENCE = re.compile(r"IPY_MODEL_(\w+)")  # how a widget's state names another widget


def keep_widget_state(model: dict[str, Any], path: str, contents_manager: Any, **_: Any) -> None:
    """Complete a notebook that is about to be saved: a `pre_save_hook` of Jupyter's server.

    JupyterLab only saves the state of widgets whose kernel runs. So whoever looks at yesterday's
    notebook would lose what it shows, and find an error there the day after. The states that are
    missing are taken from the file that is replaced or, where there is none, as for a copy under
    another name, from the notebooks that have them. An output whose widget has left no state keeps
    its picture and its text alone.
    """
    if model.get("type") != "notebook" or not model.get("content"):
        return
    notebook = model["content"]
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    shown = {}
    for output in outputs:
        view = output.get("data", {}).get(VIEW)
        if view:
            shown[view["model_id"]] = output["data"]
    state = states_in(notebook)
    if not shown.keys() <= state.keys():
        root = Path(contents_manager.root_dir)
        missing = shown.keys() - state.keys()
        file = root / path.strip("/")
        earlier = read_states(file) if file.exists() else find_states(root, missing)
        state = with_parts(missing, earlier) | state
        for model_id, data in shown.items():
            if model_id not in state:
                del data[VIEW]
    if state:
        widgets = {"state": state, "version_major": 2, "version_minor": 0}
        notebook["metadata"]["widgets"] = {STATE: widgets}


def states_in(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return the states of widgets that a notebook holds, by their ids."""
    widgets = notebook.get("metadata", {}).get("widgets", {})
    return widgets.get(STATE, {}).get("state", {})


def read_states(file: Path) -> dict[str, Any]:
    """Return the states of widgets in a notebook's file; none if it cannot be read."""
    try:
        return states_in(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, AttributeError):
        return {}


def find_states(root: Path, ids: set[str]) -> dict[str, Any]:
    """Return the states in those notebooks below a folder that hold some of the ids.

    No two widgets have the same id, so that a state with it is the widget's, wherever it is.
    """
    found: dict[str, Any] = {}
    for file in sorted(root.rglob("*.ipynb")):
        states = read_states(file)
        if not ids.isdisjoint(states):
            found |= states
    return found


def with_parts(ids: set[str], states: dict[str, Any]) -> dict[str, Any]:
    """Return those states that widgets need: their own and those of the widgets inside of them."""
    found: dict[str, Any] = {}
    waiting = list(ids)
    while waiting:
        model_id = waiting.pop()
        if model_id in states and model_id not in found:
            found[model_id] = states[model_id]
            waiting += REFERENCE.findall(json.dumps(states[model_id]))
    return found
