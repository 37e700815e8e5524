"""The notebooks, `Parameters` and the configurations agree; no kernel is needed."""

import ast

import nbformat
import pytest
import yaml

from tweetsent_utils.paths import PROJECT_ROOT, REFERENCE
from tweetsent_utils.pipeline.notebooks import declared_parameters, list_notebooks
from tweetsent_utils.pipeline.parameters import default_parameters, gather_parameters

CONFIGS = PROJECT_ROOT / "configs"


def declared_values(notebook) -> dict:
    """The parameters that a notebook declares, with their values there."""
    cells = nbformat.read(notebook, as_version=4).cells
    (cell,) = (cell for cell in cells if "parameters" in cell.metadata.get("tags", []))
    lines = ast.parse(cell.source).body
    return {line.targets[0].id: ast.literal_eval(line.value) for line in lines}


@pytest.mark.parametrize("notebook", list_notebooks(), ids=lambda path: path.stem)
def test_a_notebooks_parameters_have_the_defaults_of_the_command(notebook):
    values = declared_values(notebook)
    assert list(values) == declared_parameters(notebook)
    assert "run_name" in values
    defaults = default_parameters()
    assert values == {name: defaults.get(name, "no such parameter") for name in values}


def test_every_parameter_reaches_a_notebook():
    declared = {name for path in list_notebooks() for name in declared_parameters(path)}
    assert declared == set(default_parameters())


@pytest.mark.parametrize("config", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_configuration_is_accepted_and_names_its_own_run(config):
    assert gather_parameters(config)["run_name"] == config.stem


@pytest.mark.parametrize(
    "record", sorted(REFERENCE.glob("*/params.yaml")), ids=lambda path: path.parent.name
)
def test_the_record_of_a_published_run_repeats_it(record):
    recorded = yaml.safe_load(record.read_text(encoding="utf-8"))
    assert gather_parameters(record) == default_parameters() | recorded


def test_the_quick_configuration_writes_out_the_defaults():
    quick = yaml.safe_load((CONFIGS / "quick.yaml").read_text(encoding="utf-8"))
    assert quick == default_parameters()
