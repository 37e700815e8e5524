"""The planted bugs still fit the code, and tests/README.md shows them all (tests/mutations.py plants them)."""

import re
from functools import cache
from pathlib import Path

import pytest
from mutations import MUTATIONS, ROOT, sources, where

TESTS = ROOT / "tests"
PAGE = (TESTS / "README.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+) \| `(.+)` \| `(\w+\.py)::(\w+)` \|$", PAGE, re.M)
every_mutation = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)


@cache
def code_of(path: Path) -> list[str]:
    return sources(path)


def has_test(file: Path, name: str) -> bool:
    """Tell whether a file of tests is there and defines the test, where one is named."""
    return file.is_file() and (not name or f"\ndef {name}(" in file.read_text(encoding="utf-8"))


@every_mutation
def test_a_bug_can_be_planted_in_one_place_and_leaves_code_that_compiles(mutation):
    (code,) = [code for code in code_of(ROOT / mutation.file) if mutation.before in code]
    assert code.count(mutation.before) == 1
    assert mutation.after != mutation.before
    compile(code.replace(mutation.before, mutation.after), mutation.file, "exec")


@every_mutation
def test_the_tests_that_must_notice_are_there(mutation):
    assert mutation.tests
    for test in mutation.tests:
        file, _, name = test.partition("::")
        assert has_test(ROOT / file, name), test


def test_names_are_told_apart():
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)


def test_the_readme_has_the_table_of_todays_planted_bugs():
    assert [row[:2] for row in ROWS] == [(mutation.name, where(mutation)) for mutation in MUTATIONS]
    assert [row for row in ROWS if not has_test(TESTS / row[2], row[3])] == []


def test_the_readme_says_where_every_test_file_belongs():
    named = set(re.findall(r"`(\w+\.py)`", PAGE))
    modules = {f"test_{path.name}" for path in (ROOT / "tweetsent_utils").glob("[a-z]*.py")}
    files = {path.name for path in TESTS.rglob("*.py")}
    assert files - modules <= named, "say in tests/README.md what this file tests"
    assert named - modules <= files, "tests/README.md names a file that is not there"
