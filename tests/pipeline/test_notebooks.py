"""What is read from notebooks: their order, their parameters, and their code."""

import nbformat
import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.pipeline.notebooks import code_of, declared_parameters, list_notebooks


def test_the_numbered_notebooks_are_listed_in_their_order(small_notebooks, write_notebook):
    small_notebooks.write_last()
    write_notebook(small_notebooks.folder / "draft.ipynb", "seed = 1")
    found = [path.stem for path in list_notebooks()]
    assert found == ["01_first", "02_second", "04_test", "06_compare"]


def test_declared_parameters_are_those_of_the_tagged_cell_in_their_order(tmp_path, write_notebook):
    source = """run_name = "quick"  # the run's folder

# Numbers
max_lr = 3e-5  # peak
label_order = ["a = b", "#c"]
profile = True"""
    notebook = write_notebook(tmp_path / "01_x.ipynb", source, "hidden = 1")
    assert declared_parameters(notebook) == ["run_name", "max_lr", "label_order", "profile"]


def test_a_notebook_without_parameters_declares_none(tmp_path):
    cells = [nbformat.v4.new_code_cell("a = 1")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "x.ipynb")
    assert declared_parameters(tmp_path / "x.ipynb") == []


@pytest.mark.parametrize("source", ["seed = = 0", "a, b = 1, 2", "a.b = 1"])
def test_a_cell_of_parameters_that_cannot_be_read_is_refused(tmp_path, write_notebook, source):
    notebook = write_notebook(tmp_path / "01_x.ipynb", source)
    with pytest.raises(TweetsentError, match=r"01_x\.ipynb: the cell tagged parameters"):
        declared_parameters(notebook)


def test_the_code_of_a_copy_is_that_of_its_notebook(tmp_path, write_notebook):
    notebook = write_notebook(tmp_path / "01_x.ipynb", "seed = 0", "print(seed)\nseed")
    assert code_of(notebook) == ["seed = 0", "print(seed)\nseed"]
    copy = nbformat.read(notebook, as_version=4)
    injected = {"tags": ["injected-parameters"]}
    copy.cells.insert(2, nbformat.v4.new_code_cell("seed = 7", metadata=injected))
    copy.cells[-1].outputs = [nbformat.v4.new_output("stream", text="7\n")]
    nbformat.write(copy, tmp_path / "copy.ipynb")
    assert code_of(tmp_path / "copy.ipynb") == code_of(notebook)
    assert code_of(tmp_path / "absent.ipynb") == []
