"""`make notebooks` and `make sources`: the same the second time, whole or not at all."""

import inspect

import nbformat
import pytest
import store_notebooks
from nbformat import v4

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.training.step import eval_step, train_step

NOISY = """import os, time
from pathlib import Path
print(f"resident {time.time_ns()} MiB")
time.sleep(0.5)
print(Path.cwd().name, os.environ["CUDA_VISIBLE_DEVICES"] == "")
from tweetsent_utils.show import progress
progress.PACE_OF_LINES = progress.Pace(0)
assert len(list(progress.track_progress(range(3), "prints nothing", Path(os.devnull)))) == 3"""


def printed(*lines):
    """Outputs of a cell, a stream for each line."""
    return [v4.new_output("stream", name="stdout", text=line) for line in lines]


@pytest.mark.slow
def test_storing_twice_changes_nothing_but_the_first_time(tmp_path, write_notebook, capsys):
    path = write_notebook(tmp_path / "place" / "01_first.ipynb", 'run_name = "quick"', NOISY)
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["widgets"] = {"state": {}}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.99.0"}
    notebook.cells[2].metadata = {"execution": {"iopub.execute_input": "2020"}, "tags": ["kept"]}
    nbformat.write(notebook, path)

    store_notebooks.store([path])
    assert capsys.readouterr().out == "01_first: stored\n"
    content = path.read_bytes()
    stored = nbformat.read(path, as_version=4)
    assert [cell.get("execution_count") for cell in stored.cells] == [None, 1, 2]
    assert stored.cells[2].metadata == {"tags": ["kept"]}
    assert stored.metadata == store_notebooks.METADATA
    (output,) = stored.cells[2].outputs  # one, however often the kernel flushed
    assert output.text.endswith(" MiB\nplace True\n")

    store_notebooks.store([path])  # prints another figure of memory
    assert capsys.readouterr().out == "01_first: unchanged\n"
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (["587 MiB"], ["591 MiB"], ["587 MiB"]),
        (["587 MiB, 3 rows"], ["591 MiB, 4 rows"], ["591 MiB, 4 rows"]),
        (["587 MiB", "0.1"], ["591 MiB", "0.2"], ["587 MiB", "0.2"]),
        (["587 MiB"], ["591 MiB", "more"], ["587 MiB", "more"]),
        (["587 MiB", "more"], ["more"], ["more"]),
        ([], ["591 MiB"], ["591 MiB"]),
    ],
)
def test_an_output_that_differs_in_memory_only_is_kept(before, after, kept):
    outputs = store_notebooks.keep_equal_outputs(printed(*after), printed(*before))
    assert [output.text for output in outputs] == kept


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ('raise ValueError("no\\nnot at all")', "not at all"),
        ("import os; os._exit(1)", "its kernel died"),
    ],
)
def test_a_failing_notebook_is_left_as_it_was(tmp_path, write_notebook, capsys, code, reason):
    first = write_notebook(tmp_path / "01_first.ipynb", "seed = 0", "print(seed)")
    second = write_notebook(tmp_path / "02_second.ipynb", "seed = 0", code)
    before = second.read_bytes()
    with pytest.raises(TweetsentError, match=f"02_second failed in code cell 2 .*: {reason}"):
        store_notebooks.store([first, second])
    assert capsys.readouterr().out == "01_first: stored\n"
    assert second.read_bytes() == before


def test_a_notebook_that_is_edited_meanwhile_keeps_the_edit(tmp_path, write_notebook):
    path = write_notebook(tmp_path / "01_first.ipynb", "seed = 0")
    with pytest.raises(TweetsentError, match="01_first was edited meanwhile"):
        store_notebooks.update(path, lambda notebook: path.write_text("edited"))
    assert path.read_text() == "edited"


@pytest.mark.slow
def test_notebooks_share_a_run_folder_that_is_not_the_users(tmp_path, write_notebook, monkeypatch):
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path / "outputs"))
    place = 'import os, pathlib\nfile = pathlib.Path(os.environ["TWEETSENT_OUTPUTS"]) / "made"'
    makes = write_notebook(tmp_path / "01_makes.ipynb", place, 'file.write_text("by 01")')
    reads = write_notebook(tmp_path / "02_reads.ipynb", place, "print(file.read_text())")
    store_notebooks.store([makes, reads])
    assert nbformat.read(reads, as_version=4).cells[2].outputs == printed("by 01\n")
    assert not (tmp_path / "outputs").exists()


@pytest.fixture
def showing(tmp_path, write_notebook):
    """An executed notebook whose outputs are of another day."""
    path = write_notebook(
        tmp_path / "03_training.ipynb",
        "seed = 0",
        "import os\nfrom tweetsent_utils.training.step import eval_step, train_step as step",
        "show_source(step)",
        "%time show_source(step)",
        "show_source(eval_step, step)  # both",
        "print(seed)",
    )
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, cell in enumerate(code, start=1):
        cell.execution_count = count
        cell.outputs = printed("old")
    code[2].execution_count = None  # has not been executed
    code[2].outputs = []
    code.append(v4.new_code_cell("show_source(step)", execution_count=7, outputs=printed("old")))
    notebook.cells.append(code[-1])
    nbformat.write(notebook, path)
    return path


def test_sources_are_refreshed_without_touching_other_outputs(showing, capsys):
    store_notebooks.refresh_sources([showing])
    cells = nbformat.read(showing, as_version=4).cells[1:]
    assert cells[2].outputs == []
    for place in (0, 1, 3, 5):
        assert cells[place].outputs == printed("old")
    assert cells[4].outputs[0].data["text/markdown"] == (
        f"```python\n{inspect.getsource(eval_step)}\n\n{inspect.getsource(train_step)}```"
    )
    (output,) = cells[6].outputs
    assert output.output_type == "execute_result" and output.execution_count == 7
    assert output.data["text/markdown"] == f"```python\n{inspect.getsource(train_step)}```"

    content = showing.read_bytes()
    capsys.readouterr()
    store_notebooks.refresh_sources([showing])
    assert capsys.readouterr().out == "03_training: unchanged\n"
    assert showing.read_bytes() == content


@pytest.mark.slow
def test_a_refreshed_source_is_what_a_kernel_shows(tmp_path, write_notebook, capsys):
    imports = "from tweetsent_utils.data.dates import parse_days\n"
    imports += "from tweetsent_utils.show.display import show_source"
    path = write_notebook(tmp_path / "01_first.ipynb", imports, "show_source(parse_days)")
    store_notebooks.store([path])
    store_notebooks.refresh_sources([path])
    assert capsys.readouterr().out == "01_first: stored\n01_first: unchanged\n"


def test_a_shown_name_that_is_not_the_packages_is_refused(tmp_path, write_notebook):
    path = write_notebook(tmp_path / "01_first.ipynb", "seed = 0", "show_source(helper)")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].execution_count = 2
    nbformat.write(notebook, path)
    with pytest.raises(TweetsentError, match="01_first shows the source of helper"):
        store_notebooks.refresh_sources([path])
