"""Saved notebooks: widgets are there again as they were left, or as their picture."""

import copy
import json
from types import SimpleNamespace

import pytest

from tweetsent_utils.pipeline.widget_state import STATE, VIEW, keep_widget_state

STATES = {
    "box": {"state": {"children": ["IPY_MODEL_text", "IPY_MODEL_bar"]}},
    "text": {"state": {"value": "hello"}},
    "bar": {"state": {"value": 3, "layout": "IPY_MODEL_layout"}},
    "layout": {"state": {}},
    "unused": {"state": {}},
}


def notebook(states, shown="box"):
    """A notebook with one output, a widget that has a picture too."""
    view = {VIEW: {"model_id": shown}, "text/html": "<b>picture</b>"}
    cells = [{"cell_type": "code", "source": "", "outputs": [{"data": view}]}, {"source": "words"}]
    widgets = {STATE: {"state": states}} if states is not None else {}
    return {"cells": cells, "metadata": {"widgets": widgets}}


@pytest.fixture
def save(tmp_path):
    """A function that saves a notebook over another one, and returns what is written."""

    def save(new, old=None):
        if old is not None:
            (tmp_path / "a.ipynb").write_text(old if isinstance(old, str) else json.dumps(old))
        model = {"type": "notebook", "content": copy.deepcopy(new)}
        keep_widget_state(model, "/a.ipynb", SimpleNamespace(root_dir=str(tmp_path)))
        return model["content"]

    return save


def states_of(saved):
    return saved["metadata"]["widgets"][STATE]["state"]


def test_a_widget_whose_kernel_runs_is_saved_as_it_is(save):
    now = STATES | {"text": {"state": {"value": "now"}}}
    saved = save(notebook(now), notebook(STATES))
    assert states_of(saved) == now
    assert saved["cells"][0]["outputs"] == notebook(None)["cells"][0]["outputs"]


def test_a_widget_whose_kernel_has_ended_keeps_its_state_and_that_of_its_parts(save):
    saved = save(notebook({}), notebook(STATES))
    assert states_of(saved).keys() == {"box", "text", "bar", "layout"}
    assert VIEW in saved["cells"][0]["outputs"][0]["data"]


def test_a_copy_under_another_name_has_the_widgets_too(tmp_path):
    for name, states in {"a": STATES, "b": {"other": {"state": {}}}}.items():
        (tmp_path / f"{name}.ipynb").write_text(json.dumps(notebook(states)))
    model = {"type": "notebook", "content": notebook({})}
    keep_widget_state(model, "/folder/copy.ipynb", SimpleNamespace(root_dir=str(tmp_path)))
    assert states_of(model["content"]).keys() == {"box", "text", "bar", "layout"}
    assert VIEW in model["content"]["cells"][0]["outputs"][0]["data"]


@pytest.mark.parametrize("old", [None, "damaged", "[]", notebook(None), notebook({})])
def test_a_widget_without_a_state_leaves_its_picture(save, old):
    saved = save(notebook({}), old)
    assert saved["cells"][0]["outputs"][0]["data"] == {"text/html": "<b>picture</b>"}


def test_other_files_are_left_alone():
    for model in ({"type": "file", "content": "text"}, {"type": "notebook", "content": None}):
        keep_widget_state(model, "a", SimpleNamespace(root_dir="."))
