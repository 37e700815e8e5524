"""What the pages tell a user to type or to click exists."""

import re
import shlex
from pathlib import Path

import figures
import pytest

from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.pipeline.cli import make_parser
from tweetsent_utils.pipeline.notebooks import list_notebooks, step_number
from tweetsent_utils.pipeline.parameters import gather_parameters
from tweetsent_utils.pipeline.sweeps import expand_sweeps

PAGES = {page.relative_to(PROJECT_ROOT).as_posix(): page for page in figures.list_pages()}
TEXTS = {name: page.read_text(encoding="utf-8") for name, page in PAGES.items()}
BLOCK = re.compile(r"```\w*\n(.+?)```", re.DOTALL)
INDENTED = re.compile(r"^ {4}(\S.*)$", re.MULTILINE)
INLINE = re.compile(r"`([^`]+)`")

every_page = pytest.mark.parametrize("name", PAGES)


def list_commands(text: str, pattern: str) -> list[str]:
    """What follows a pattern in the code on a page, up to the end of its line."""
    code = BLOCK.findall(text) + INDENTED.findall(text)
    prose = BLOCK.sub("", text)
    code += [span.replace("\n", " ") for span in INLINE.findall(prose)]  # it may be wrapped
    return [rest for part in code for rest in re.findall(rf"{pattern}(.*)", part)]


@every_page
def test_every_make_target_exists(name):
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = [word for line in list_commands(TEXTS[name], r"\bmake ") for word in line.split()]
    targets_named = {word for word in named if re.fullmatch("[a-z-]+", word)}
    assert targets_named <= targets


@every_page
def test_every_command_line_of_the_pipeline_is_accepted(name, monkeypatch):
    monkeypatch.chdir(PROJECT_ROOT)
    program = (
        r"(?:python -m tweetsent_utils|\btweetsent) (?=run|report|lab|score .*--out|push .*--repo)"
    )
    for line in list_commands(TEXTS[name], program):
        options = make_parser().parse_args(shlex.split(line, comments=True))
        if options.command != "run":
            continue
        parameters = gather_parameters(options.file, options.p, options.run)
        expand_sweeps(parameters, options.sweep)


@every_page
def test_every_script_exists(name):
    for line in list_commands(TEXTS[name], r"python (?=[\w/]+\.py)"):
        assert (PROJECT_ROOT / line.split()[0]).is_file(), line


@every_page
def test_every_local_link_leads_somewhere(name):
    links = re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", TEXTS[name])
    links += re.findall(r'<img src="([^"]+)"', TEXTS[name])
    for link in links:
        path, _, anchor = link.partition("#")
        target = PAGES[name].parent / path if path else PAGES[name]
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in list_anchors(target), link


@every_page
def test_every_test_that_a_page_names_exists(name):
    for path, test in re.findall(r"(tests/[\w/]+\.py)::(\w+)", TEXTS[name]):
        source = (PROJECT_ROOT / path).read_text(encoding="utf-8")
        assert f"def {test}(" in source, f"{path}::{test}"


def list_anchors(page: Path) -> set[str]:
    """The anchors that a code host gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_pages_name_the_commands_that_this_test_looks_for():
    commands = list_commands(TEXTS["README.md"], r"\bmake ")
    assert {"run", "test"} <= set(commands)
    for name in ("README.md", "docs/own_data.md", "docs/running.md"):
        assert list_commands(TEXTS[name], r"python -m tweetsent_utils (?=run)"), name


def test_every_step_that_can_be_run_again_is_named():
    (sentence,) = re.findall(r"The steps are (.+?);", TEXTS["docs/running.md"])
    named = re.findall(r"\d\d[a-z]?", sentence)
    assert set(named) >= {step_number(path) for path in list_notebooks()}
    assert named == sorted(named)


def test_the_glossary_is_in_alphabetical_order_and_has_each_term_once():
    headings = re.findall(r"^## \W*(.+)$", TEXTS["docs/glossary.md"], re.MULTILINE)
    assert headings == sorted(set(headings), key=str.casefold)
