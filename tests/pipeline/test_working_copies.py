"""Working copies: whatever somebody does to them, nothing of the project changes or is lost."""

import json
import re

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.pipeline import working_copies
from tweetsent_utils.pipeline.working_copies import (
    WELCOME,
    heading_names,
    make_copies,
    update_copies,
)

FIRST = "notebooks/01_first.ipynb"
PAGE = "docs/page.md"


@pytest.fixture
def project(tmp_path, monkeypatch, write_notebook):
    """A project of one notebook and two pages."""
    root = tmp_path / "project"
    write_notebook(root / FIRST, "seed = 0", "print(seed)")
    (root / "docs").mkdir()
    (root / PAGE).write_text("See [the code](../tweetsent_utils/paths.py).")
    (root / "README.md").write_text(f"# Title\n\n## The story\n\n[first]({FIRST})\n\n## More\n")
    monkeypatch.setattr(working_copies, "PROJECT_ROOT", root)
    return root


@pytest.fixture
def update(project, tmp_path):
    """A function that updates the copies, in a folder that it returns."""

    def update(fresh=False):
        update_copies(tmp_path / "lab", tmp_path / "keys", fresh)
        return tmp_path / "lab"

    return update


def change(path, source, run=False):
    """Add a cell to a notebook, or only an output to its last one."""
    notebook = nbformat.read(path, as_version=4)
    if run:
        notebook.cells[-1].outputs = [nbformat.v4.new_output("stream", text=source)]
    else:
        notebook.cells.append(nbformat.v4.new_code_cell(source))
    nbformat.write(notebook, path)


def test_every_local_link_of_a_copy_leads_to_a_copy():
    copies = make_copies()
    places = [PROJECT_ROOT / "lab" / name for name in copies]
    for place, content in zip(places, copies.values(), strict=True):
        if place.suffix not in (".md", ".ipynb"):
            continue
        text = content.decode("utf-8")
        if place.suffix == ".ipynb":
            cells = json.loads(text)["cells"]
            text = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        for link in re.findall(r"\]\((?!https?:|mailto:|#)([^)\s#]+)", text):
            target = (place.parent / link).resolve()
            assert target in places, f"{place}: {link}"


def test_a_link_to_a_heading_has_its_name_in_jupyterlab(update, project):
    (project / PAGE).write_text("# What's new?\n\n[1](#whats-new) [2](../README.md#the-story)")
    page = (update() / PAGE).read_text()
    assert "[1](#What's-new?)" in page
    assert "[2](../README.md#The-story)" in page


def test_every_link_of_a_copy_to_a_heading_is_known():
    for path in [*PROJECT_ROOT.glob("docs/*.md"), *PROJECT_ROOT.glob("notebooks/**/*.ipynb")]:
        for page, anchor in re.findall(r"\]\((?!\w+:)([^)\s#]*)#([^)\s]+?)\)", path.read_text()):
            target = (path.parent / page).resolve() if page else path
            assert anchor in heading_names(target), f"{path}: {page}#{anchor}"


def test_the_welcome_page_leads_to_every_notebook():
    page = make_copies()[WELCOME].decode()
    for path in (PROJECT_ROOT / "notebooks").rglob("*.ipynb"):
        if ".ipynb_checkpoints" not in path.parts:
            assert f"({path.relative_to(PROJECT_ROOT).as_posix()})" in page


def test_a_copy_shadows_no_package():
    assert not [name for name in make_copies() if name.startswith("tweetsent_utils/")]


def test_copies_are_made_and_are_trusted(update, tmp_path):
    lab = update()
    assert (lab / WELCOME).exists() and (lab / "README.md").exists()
    assert "(../source/paths.py)" in (lab / PAGE).read_text()
    notebook = nbformat.read(lab / FIRST, as_version=4)
    assert NotebookNotary(data_dir=str(tmp_path / "keys")).check_signature(notebook)


def test_what_somebody_did_to_a_copy_stays(update, capsys):
    lab = update()
    change(lab / FIRST, "mine")
    (lab / "notebooks" / "own.ipynb").write_text("{}")
    edited = (lab / FIRST).read_bytes()
    update()
    assert (lab / FIRST).read_bytes() == edited
    assert (lab / "notebooks" / "own.ipynb").exists()
    assert capsys.readouterr().out == ""
    assert not (lab / "older").exists()


def test_a_changed_notebook_renews_its_copy(update, project, capsys):
    lab = update()
    change(project / FIRST, "new")
    update()
    assert "new" in (lab / FIRST).read_text()
    assert "01_first.ipynb" in capsys.readouterr().out
    assert not (lab / "older").exists()


def test_a_changed_notebook_renews_a_copy_that_was_only_run_and_keeps_its_outputs(update, project):
    lab = update()
    change(lab / FIRST, "an output", run=True)
    change(project / FIRST, "new")
    update()
    assert "new" in (lab / FIRST).read_text()
    assert "an output" in (lab / "older" / "1" / FIRST).read_text()


def test_an_edited_copy_of_a_changed_notebook_is_kept_and_told(update, project, capsys):
    lab = update()
    change(lab / FIRST, "mine")
    change(project / FIRST, "new")
    for _ in range(2):  # it is told each time
        update()
        assert "mine" in (lab / FIRST).read_text()
        shown = capsys.readouterr().out
        assert "01_first.ipynb" in shown and "--fresh" in shown


def test_fresh_copies_replace_edited_ones_which_move_aside(update):
    lab = update()
    for number, text in ((1, "first try"), (2, "second try")):
        change(lab / FIRST, text)
        update(fresh=True)
        assert text not in (lab / FIRST).read_text()
        assert text in (lab / "older" / str(number) / FIRST).read_text()
    assert not (lab / "older" / "1" / PAGE).exists()  # it was a mere copy


def test_a_deleted_copy_is_made_again(update):
    lab = update()
    (lab / FIRST).unlink()
    update()
    assert (lab / FIRST).exists()


@pytest.mark.parametrize("content", ["not json", '{"cells": 3}', ""])
def test_a_damaged_copy_is_kept_until_a_fresh_one_is_wished(update, project, content):
    lab = update()
    (lab / FIRST).write_text(content)
    change(project / FIRST, "new")
    update()
    assert (lab / FIRST).read_text() == content
    update(fresh=True)
    assert "new" in (lab / FIRST).read_text()
    assert (lab / "older" / "1" / FIRST).read_text() == content


def test_without_its_record_an_edited_copy_is_taken_for_edited(update):
    lab = update()
    change(lab / FIRST, "mine")
    (lab / ".copies.json").unlink()
    update()
    assert "mine" in (lab / FIRST).read_text()


def test_a_run_in_the_place_of_the_copies_is_left_alone(update, tmp_path):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "params.yaml").touch()
    with pytest.raises(TweetsentError, match="holds a run"):
        update()


def test_a_place_that_cannot_be_written_is_told(update, tmp_path):
    (tmp_path / "lab").write_text("a file")
    with pytest.raises(TweetsentError, match="cannot be written"):
        update()
