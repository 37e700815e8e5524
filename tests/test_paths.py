"""Paths: what a user means, whoever asks and from wherever."""

import pytest

from tweetsent_utils import paths
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.paths import (
    PROJECT_ROOT,
    find_project_root,
    outputs_root,
    project_path,
    short_path,
)


def test_a_path_that_is_not_here_counts_from_the_project_root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert project_path("data/x.csv") == PROJECT_ROOT / "data" / "x.csv"
    assert project_path("data/../README.md") == PROJECT_ROOT / "README.md"
    assert project_path("") == PROJECT_ROOT
    assert (PROJECT_ROOT / "tweetsent_utils").is_dir()


def test_a_file_in_the_working_directory_is_meant_before_one_of_the_project(tmp_path, monkeypatch):
    (tmp_path / "work" / "data").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    (tmp_path / "work" / "README.md").touch()
    (tmp_path / "outside.csv").touch()
    assert project_path("README.md") == tmp_path / "work" / "README.md"
    assert project_path("data") == tmp_path / "work" / "data"
    assert project_path("../outside.csv") == tmp_path / "outside.csv"
    assert project_path("LICENSE") == PROJECT_ROOT / "LICENSE"


def test_an_absolute_path_and_one_in_the_home_folder_stay_what_they_are(tmp_path, monkeypatch):
    assert project_path(tmp_path / "x.csv") == tmp_path / "x.csv"
    assert project_path(f"{tmp_path}/a/../x.csv") == tmp_path / "x.csv"
    for variable in ("HOME", "USERPROFILE"):  # the second on Windows
        monkeypatch.setenv(variable, str(tmp_path))
    assert project_path("~/data/x.csv") == tmp_path / "data" / "x.csv"
    assert project_path("~nobody-of-this-name/x.csv").name == "x.csv"


@pytest.mark.parametrize("path", ["../../nowhere.csv", "data/../../../x.csv"])
def test_a_path_out_of_the_project_to_nothing_is_refused_with_where_it_led(monkeypatch, path):
    monkeypatch.chdir(PROJECT_ROOT / "notebooks")
    with pytest.raises(TweetsentError, match=f"{path} leads out of the project") as caught:
        project_path(path)
    assert f"there is no {PROJECT_ROOT.parent}" in str(caught.value)


def test_a_package_installed_elsewhere_finds_the_checkout_around_the_working_directory(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "site" / "tweetsent_utils" / "paths.py"))
    here = tmp_path / "checkout" / "notebooks" / "deeper"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    assert find_project_root() == here
    (tmp_path / "checkout" / "notebooks" / "01_data_analysis.ipynb").touch()
    assert find_project_root() == tmp_path / "checkout"


def test_the_outputs_are_one_folder_from_wherever_one_asks(tmp_path, monkeypatch):
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setattr(paths, "PROJECT_ROOT", tmp_path / "project")
    expected = {
        "": tmp_path / "project" / "outputs",
        "  ": tmp_path / "project" / "outputs",
        "mine": tmp_path / "project" / "mine",
        "../mine": tmp_path / "project" / ".." / "mine",
        "~/mine": tmp_path / "mine",
        str(tmp_path): tmp_path,
    }
    (tmp_path / "project" / "notebooks").mkdir(parents=True)
    for folder in (tmp_path / "project", tmp_path / "project" / "notebooks", tmp_path):
        monkeypatch.chdir(folder)
        for value, place in expected.items():
            monkeypatch.setenv("TWEETSENT_OUTPUTS", value)
            assert outputs_root() == place


def test_a_note_names_a_file_of_the_project_alike_on_every_machine(tmp_path):
    assert short_path(PROJECT_ROOT / "data" / "x.csv") == "data/x.csv"
    assert short_path(tmp_path / "x.csv") == str(tmp_path / "x.csv")
