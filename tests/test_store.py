"""`make notebooks`: what it stores is the same the second time, whole or not at all, and marked with its code."""

import runpy
from types import SimpleNamespace

import nbformat
import pytest
from nbformat import v4

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import NOTEBOOKS

tool = SimpleNamespace(**runpy.run_path(str(NOTEBOOKS / "store.py")))
NOISY = """import os, time
from pathlib import Path
print(f"resident {time.time_ns()} MiB")
time.sleep(0.5)
print(Path.cwd().name, os.environ["CUDA_VISIBLE_DEVICES"] == "")"""

USED = '''"""Used."""

def answer(x):
    """Answer."""
    from . import deep
    return deep.Y
'''


def printing(*lines: str) -> nbformat.NotebookNode:
    """A notebook of one code cell with an output for each line."""
    outputs = [v4.new_output("stream", name="stdout", text=line) for line in lines]
    return v4.new_notebook(cells=[v4.new_code_cell("show()", id="one", outputs=outputs)])


def test_storing_twice_changes_nothing(tmp_path, write_notebook, capsys):
    path = write_notebook(tmp_path / "place" / "01_first.ipynb", 'run_name = "quick"', NOISY)
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata |= {"widgets": {"state": {}}, "language_info": {"name": "python", "version": "3.99.0"}}
    notebook.cells[2].metadata |= {"execution": {"iopub.execute_input": "2020"}, "tags": ["kept"]}
    nbformat.write(notebook, path)

    tool.store([path])
    assert capsys.readouterr().out == "01_first: stored\n"
    content, stored = path.read_bytes(), nbformat.read(path, as_version=4)
    assert [cell.id for cell in stored.cells] == [cell.id for cell in notebook.cells]
    assert [cell.get("execution_count") for cell in stored.cells] == [None, 1, 2]
    assert stored.cells[2].metadata == {"tags": ["kept"]}
    assert stored.metadata == tool.METADATA | {"tweetsent": {"code": tool.fingerprint(stored)}}
    assert len(stored.cells[2].outputs) == 1  # however often the kernel flushed
    assert stored.cells[2].outputs[0].text.endswith(" MiB\nplace True\n")

    tool.store([path])  # prints another figure of memory
    assert capsys.readouterr().out == "01_first: unchanged\n"
    assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir()] == ["01_first.ipynb"]


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
    executed = printing(*after)
    tool.settle(executed, printing(*before))
    assert [output.text for output in executed.cells[0].outputs] == kept


def test_a_failing_notebook_is_told_in_one_sentence_and_left_as_it_was(tmp_path, write_notebook, capsys):
    first = write_notebook(tmp_path / "01_first.ipynb", "seed = 0", "print(seed)")
    second = write_notebook(tmp_path / "02_second.ipynb", "seed = 0", 'raise ValueError("no\\nnot at all")')
    before = second.read_bytes()
    with pytest.raises(TweetsentError) as told:
        tool.store([first, second])
    assert str(told.value) == "02_second failed in code cell 2 and is left as it is: not at all"
    assert capsys.readouterr().out == "01_first: stored\n"
    assert second.read_bytes() == before


def test_a_kernel_that_dies_is_told_in_one_sentence(tmp_path, write_notebook):
    path = write_notebook(tmp_path / "01_first.ipynb", "seed = 0", "import os; os._exit(1)")
    with pytest.raises(TweetsentError, match="^01_first failed in code cell 2 and is left as it is: its kernel died$"):
        tool.store([path])


def test_a_notebook_that_is_edited_while_it_runs_keeps_the_edit(tmp_path, write_notebook):
    edit = 'with open("01_first.ipynb", "a") as file:\n    file.write("\\n\\n")'
    path = write_notebook(tmp_path / "01_first.ipynb", "seed = 0", edit)
    with pytest.raises(TweetsentError, match="edited while it ran"):
        tool.store([path])
    assert path.read_text().endswith("\n\n")


def test_a_number_stores_one_notebook_after_those_that_make_what_it_reads(
    tmp_path, write_notebook, capsys, monkeypatch
):
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path / "outputs"))
    file = 'import os\nfrom pathlib import Path\nfile = Path(os.environ["TWEETSENT_OUTPUTS"]) / "made"'
    makes = write_notebook(tmp_path / "01_makes.ipynb", "seed = 0", file, 'print(file.write_text("by 01"))')
    reads = write_notebook(tmp_path / "02_reads.ipynb", "seed = 0", file, "print(file.read_text())")
    never = write_notebook(tmp_path / "03_never.ipynb", "seed = 0", "1 / 0")
    before = makes.read_bytes()
    tool.store([makes, reads, never], ["2"])
    assert capsys.readouterr().out == "01_makes: executed, not stored\n02_reads: stored\n"
    assert makes.read_bytes() == before
    assert nbformat.read(reads, as_version=4).cells[3].outputs[0].text == "by 01\n"
    assert not (tmp_path / "outputs").exists()  # the user's own runs are not touched


def test_an_unknown_number_is_refused_before_anything_runs(capsys):
    assert tool.main(["01", "77"]) == 1
    told = capsys.readouterr()
    assert told.err.startswith("store.py: no notebook has the number '77': give some of 01, 02")
    assert told.out == ""


@pytest.fixture
def project(tmp_path):
    """A project of three modules, of which a notebook imports `used`, and that one imports `deep`."""
    (tmp_path / "tweetsent_utils").mkdir()
    (tmp_path / "data" / "sample").mkdir(parents=True)
    texts = {
        "tweetsent_utils/__init__.py": '"""A package."""\n',
        "tweetsent_utils/used.py": USED,
        "tweetsent_utils/deep.py": "Y = 1\n",
        "tweetsent_utils/other.py": "Z = 1\n",
        "tweetsent_utils/look.mplstyle": "font.size: 11\n",
        "data/sample/tweets.csv": "a,b\r\n",
        "data/sample/README.md": "A page\n",
        "notebook": "from tweetsent_utils.used import answer\n\nanswer(2)\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, newline="")
    return tmp_path


def fingerprint(project) -> str:
    """The fingerprint of a notebook with the code in the file `notebook`."""
    cells = [v4.new_markdown_cell("# Title"), v4.new_code_cell((project / "notebook").read_text())]
    return tool.fingerprint(v4.new_notebook(cells=cells), project)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("notebook", "answer(2)", "answer(3)"),
        ("tweetsent_utils/used.py", "return deep.Y", "return -deep.Y"),
        ("tweetsent_utils/used.py", "(x)", "(x=1)"),
        ("tweetsent_utils/deep.py", "1", "2"),
        ("tweetsent_utils/deep.py", "1", "1.0"),
        ("tweetsent_utils/__init__.py", '"""A package."""', "import warnings"),
        ("tweetsent_utils/look.mplstyle", "11", "12"),
        ("data/sample/tweets.csv", "a,b", "a,c"),
    ],
)
def test_a_fingerprint_changes_with_code_style_and_sample(project, file, old, new):
    before = fingerprint(project)
    assert len(before) == 16 and int(before, 16)
    change(project / file, old, new)
    assert fingerprint(project) != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("notebook", "answer(2)", "# we ask\nanswer( 2 )"),
        ("notebook", "\n\nanswer", "\nanswer"),
        ("tweetsent_utils/used.py", "Used.", "In use."),
        ("tweetsent_utils/used.py", '    """Answer."""\n', ""),
        ("tweetsent_utils/deep.py", "Y = 1", "# A comment\nY = (1)"),
        ("tweetsent_utils/other.py", "1", "2"),
        ("data/sample/README.md", "page", "sheet"),
    ],
)
def test_a_fingerprint_does_not_change_with_comments_formatting_and_what_is_not_used(project, file, old, new):
    before = fingerprint(project)
    change(project / file, old, new)
    assert fingerprint(project) == before


def change(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new), newline="")


def test_a_fingerprint_tells_cells_apart_and_survives_the_file(project):
    together = v4.new_notebook(cells=[v4.new_code_cell("a = 1\nb = 2")])
    apart = v4.new_notebook(cells=[v4.new_code_cell("a = 1"), v4.new_code_cell("b = 2")])
    assert tool.fingerprint(together, project) != tool.fingerprint(apart, project)
    read_back = nbformat.reads(nbformat.writes(together), as_version=4)
    assert tool.fingerprint(read_back, project) == tool.fingerprint(together, project)
