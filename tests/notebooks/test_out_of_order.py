"""A notebook that is opened before those on which it builds says so at its top."""

import matplotlib
import nbformat
import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.paths import NOTEBOOKS

BEGIN_ALONE = (
    "01_data_analysis",
    "02_dataset_creation",
    "06_compare_runs",
    "what_moved_the_score",
)
PATHS = [path for path in sorted(NOTEBOOKS.rglob("*.ipynb")) if path.stem not in BEGIN_ALONE]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_its_first_cell_names_the_notebooks_to_run_first(path, tmp_path, monkeypatch):
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path / "outputs"))
    cells = nbformat.read(path, as_version=4).cells
    parameters, imports, *_ = [cell.source for cell in cells if cell.cell_type == "code"]
    namespace = {}
    exec(parameters, namespace)
    with matplotlib.rc_context(), pytest.raises(TweetsentError) as caught:
        exec(imports, namespace)
    assert "run 02_dataset_creation.ipynb" in str(caught.value)
    assert not (tmp_path / "outputs").exists()
