"""What would hurt a reader of the stored notebooks: errors, dead links, no alt text, weight."""

import re
from pathlib import Path

import nbformat
import pytest

from tweetsent_utils.paths import NOTEBOOKS, PROJECT_ROOT

PATHS = sorted(NOTEBOOKS.rglob("*.ipynb"))
SHOWN_EVERYWHERE = {"text/plain", "text/html", "text/markdown", "image/png"}
RESIDUE = {
    "a path of this machine": r"/(home|root|work|tmp|Users|private)/|[A-Z]:\\+Users",
    "a warning": r"\b[A-Z]\w*Warning: ",
    "a dead progress bar": r"[\d?] ?(it/s|s/it)|\d%\||\x1b\[",
    "the address of an object": r"\bat 0x[0-9a-f]+",
}
pytestmark = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list:
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def output_texts(path: Path) -> list[str]:
    """The outputs of a notebook that can be read as text, but for the sources of functions."""
    texts = []
    for cell in code_cells(path):
        if "show_source(" in cell.source:
            continue
        for output in cell.outputs:
            texts.append(output.get("text", ""))
            texts += [value for kind, value in output.get("data", {}).items() if "text" in kind]
    return texts


def page_text(path: Path) -> str:
    """The text of a Markdown file, or that of a notebook's Markdown cells."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def anchors(text: str) -> set[str]:
    """The names that a code host gives to a page's headings."""
    headings = re.findall(r"^#+ +(.+?) *$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


def test_every_cell_has_run_in_order_and_without_an_error(path):
    cells = [cell for cell in code_cells(path) if cell.source.strip()]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output.output_type for cell in cells for output in cell.outputs}
    assert "error" not in kinds
    streams = {output.name for cell in cells for output in cell.outputs if "name" in output}
    assert "stderr" not in streams


def test_every_output_can_be_read_without_a_kernel(path):
    notebook = nbformat.read(path, as_version=4)
    assert "widgets" not in notebook.metadata
    for cell in code_cells(path):
        for output in cell.outputs:
            assert set(output.get("data", {})) <= SHOWN_EVERYWHERE


@pytest.mark.parametrize("residue", RESIDUE)
def test_no_output_holds_residue_of_the_machine(path, residue):
    assert [text for text in output_texts(path) if re.search(RESIDUE[residue], text)] == []


def test_every_figure_has_an_alt_text(path):
    for cell in code_cells(path):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert output.metadata["image/png"]["alt"].strip(), cell.source


def test_every_local_link_leads_somewhere(path):
    own_text = page_text(path)
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", own_text):
        file, _, anchor = target.partition("#")
        linked = (path.parent / file).resolve() if file else path
        assert linked.exists() and linked.is_relative_to(PROJECT_ROOT), target
        assert not anchor or anchor in anchors(page_text(linked)), target


def test_a_code_host_will_render_it(path):
    assert path.stat().st_size < 500 * 1024
