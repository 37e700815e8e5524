"""A run on somebody's own file executes the notebooks without what they say of the sample."""

import json
import os

import nbformat
import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_json
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.pipeline import driver
from tweetsent_utils.pipeline.driver import run_all, run_pipeline
from tweetsent_utils.pipeline.own_data import code_span, is_own_data, load_step
from tweetsent_utils.pipeline.parameters import default_parameters

SAMPLE = "data/sample/Corona_NLP_train.csv"
PARAMETERS = (
    'run_name = "quick"\ntrain_file = "data/sample/Corona_NLP_train.csv"\nlabel_order = ["a", "b"]'
)


def parameters(**changes):
    return default_parameters() | changes


def markdown(text, *tags):
    return nbformat.v4.new_markdown_cell(text, metadata={"tags": list(tags)})


def code(text, *tags):
    return nbformat.v4.new_code_cell(text, metadata={"tags": list(tags)})


def write(path, *cells):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=list(cells), metadata={"kernelspec": kernel})
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def story(small_notebooks):
    """A first notebook with two cells of prose and four of code, two of them about the sample."""
    return write(
        small_notebooks.folder / "01_first.ipynb",
        markdown("# Two things look wrong"),
        code(PARAMETERS, "parameters", "sample"),
        markdown("See [the end](02_second.ipynb) and [more](../README.md).", "any-data"),
        code("print('the sample has', 3000)", "sample"),
        code("print(label_order)", "report-order"),
        code("rows = 3"),
    )


@pytest.fixture
def own(tmp_path):
    """Somebody's file."""
    file = tmp_path / "my `messages`.csv"
    file.write_text("text,label\n")
    return str(file)


def sources(notebook, kind):
    return [
        "".join(cell["source"])
        for cell in load_json(notebook)["cells"]
        if cell["cell_type"] == kind
    ]


def test_only_the_shipped_file_is_the_sample_however_it_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    link = tmp_path / "link.csv"
    os.symlink(PROJECT_ROOT / SAMPLE, link)
    for file in (SAMPLE, str(PROJECT_ROOT / SAMPLE), f"data/../{SAMPLE}", str(link)):
        assert not is_own_data({"train_file": file}), file
    other = tmp_path / "Corona_NLP_train.csv"
    for file in (str(other), "data/Corona_NLP_train.csv", "", "../../x.csv", "a\0b", "~nobody/x"):
        assert is_own_data({"train_file": file}), file
    assert not is_own_data({})


def test_on_the_sample_all_cells_stay(story):
    assert load_step(story, parameters()) == load_json(story)


def test_on_own_data_prose_and_cells_about_the_sample_are_left_out(story, own):
    cells = load_step(story, parameters(train_file=own))["cells"]
    kept = ["".join(cell["source"]).partition("\n")[0] for cell in cells]
    end = "See [the end](02_second.ipynb) and [more](../README.md)."
    assert kept == ['run_name = "quick"', end, "print(label_order)", "rows = 3"]


def test_a_record_on_own_data_begins_with_what_it_is_and_where_the_rest_is(
    story, own, executed, outputs
):
    run_pipeline(parameters(train_file=own))
    top, end = sources(outputs / "quick" / "01_first.ipynb", "markdown")
    assert "step 01 on the file `` my `messages`.csv ``" in top
    assert f"]({driver.way_to(story, outputs / 'quick')})" in top  # not to its own copy
    assert "](report.html)" in top
    readme = driver.way_to(story.parent.parent / "README.md", outputs / "quick")
    assert end == f"See [the end](02_second.ipynb) and [more]({readme})."


def test_a_record_on_own_data_is_kept_until_its_code_changes(
    story, small_notebooks, own, executed, capsys
):
    given = parameters(train_file=own)

    def executed_now():
        executed.clear()
        run_pipeline(given)
        return [entry.removeprefix("quick/") for entry in executed]

    assert executed_now() == ["01_first", "02_second"]
    assert executed_now() == []
    assert "01_first: finished before, kept" in capsys.readouterr().out

    notebook = nbformat.read(story, as_version=4)
    notebook.cells[0].source = "# A better title"
    notebook.cells[3].source = "print('more about the sample')"
    nbformat.write(notebook, story)
    assert executed_now() == []
    notebook.cells[4].source = "print(label_order, 1)"
    nbformat.write(notebook, story)
    assert executed_now() == ["01_first", "02_second"]


def test_a_comparison_of_runs_names_no_report(story, small_notebooks, own, executed, outputs):
    small_notebooks.write_last()
    run_all(parameters(train_file=own), ["seed=0,1"])
    (top,) = sources(outputs / "quick-compared" / "06_compare.ipynb", "markdown")
    assert "report.html" not in top
    assert "report.html" in sources(outputs / "quick-seed-1" / "02_second.ipynb", "markdown")[0]


@pytest.mark.parametrize("text", ["a", "a`b", "``", "`", "a\nb", "<b>*x*</b>"])
def test_any_file_name_is_code_in_markdown(text):
    import mistune

    html = mistune.html(code_span(text))
    assert html.startswith("<p><code>") and html.endswith("</code></p>\n")
    assert "<b>" not in html


@pytest.mark.slow
def test_a_kernel_executes_the_record_and_says_where_it_stopped(story, own, outputs, tmp_path):
    given = parameters(train_file=own, label_order=["yes", "no"])
    notebook = nbformat.read(story, as_version=4)
    notebook.cells[-1].source = "raise ValueError('no such row')"
    nbformat.write(notebook, story)
    with pytest.raises(TweetsentError) as caught:
        run_pipeline(given)
    partial = outputs / "quick" / "01_first.partial.ipynb"
    assert str(caught.value).startswith("01_first stopped in code cell 4: ValueError: no such row")
    assert str(partial) in str(caught.value)
    record = json.loads(partial.read_text())
    (shown,) = [
        output["text"]
        for cell in record["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
    ]
    assert "".join(shown) == "['yes', 'no']\n"
    assert "This is the record of step 01" in "".join(sources(partial, "markdown"))

    notebook.cells[-1].source = "rows = 4"
    nbformat.write(notebook, story)
    folder = run_pipeline(given)
    assert sorted(path.name for path in folder.glob("*.ipynb")) == [
        "01_first.ipynb",
        "02_second.ipynb",
    ]
    assert "sample has" not in (folder / "01_first.ipynb").read_text()
