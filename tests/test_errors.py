"""What users are told: one sentence in a notebook as on a terminal, and notes that stop nothing."""

import io
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tweetsent_utils.errors import Stopped, TweetsentError, is_followed, note, user_error


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """The file in which a command looks for notes."""
    monkeypatch.setenv("TWEETSENT_NOTES", str(tmp_path / "notes.txt"))
    return tmp_path / "notes.txt"


@pytest.mark.parametrize("name", ["TweetsentError", "Stopped"])
def test_a_notebook_shows_an_error_of_ours_as_one_red_line(capsys, name):
    shell = InteractiveShell()
    shell.run_cell(f"from tweetsent_utils.errors import {name}")
    ended = shell.run_cell(f"def load():\n    raise {name}('a.csv: row 7 has no text')\n\nload()")
    assert type(ended.error_in_exec).__name__ == name
    shown = capsys.readouterr().out
    assert shown == f"\033[31m{name}\033[0m: a.csv: row 7 has no text\n"


def test_the_traceback_of_other_errors_stays(capsys):
    InteractiveShell().run_cell("def fail():\n    1 / 0\n\nfail()")
    assert len(capsys.readouterr().out.splitlines()) > 5


def test_a_stop_is_an_error_of_ours():
    with pytest.raises(TweetsentError):
        raise Stopped("stopped after step 6 of 150: run this cell again to go on")


def test_a_librarys_error_becomes_a_sentence_with_its_words_shortened():
    with pytest.raises(TweetsentError) as caught, user_error("x.csv is bad", "mend it", KeyError):
        raise KeyError("lost " * 100)
    message = str(caught.value)
    assert message.startswith("x.csv is bad ('lost lost ")
    assert message.endswith(" ...): mend it")
    assert len(message) < 250


def test_a_note_is_printed_and_left_for_the_command_that_follows(notes, capsys):
    note("café.csv is not UTF-8:\nread as cp1252")
    note("a second note \ud800")
    assert capsys.readouterr().out.startswith("café.csv is not UTF-8:\nread as cp1252\n")
    lines = notes.read_text(encoding="utf-8").splitlines()
    assert lines == ["café.csv is not UTF-8: read as cp1252", "a second note \\ud800"]
    assert is_followed()


@pytest.mark.parametrize("variable", [None, ""])
def test_where_no_command_follows_a_note_is_only_printed(monkeypatch, tmp_path, capsys, variable):
    monkeypatch.delenv("TWEETSENT_NOTES", raising=False)
    if variable is not None:
        monkeypatch.setenv("TWEETSENT_NOTES", variable)
    monkeypatch.chdir(tmp_path)
    note("something")
    assert capsys.readouterr().out == "something\n"
    assert list(tmp_path.iterdir()) == []
    assert not is_followed()


def test_a_note_ends_no_program_whose_terminal_lacks_its_letters(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    monkeypatch.setattr(sys, "stdout", terminal)
    note("café.csv is not UTF-8")
    assert terminal.buffer.getvalue().split() == [b"caf\\xe9.csv", b"is", b"not", b"UTF-8"]


def test_a_note_that_cannot_be_left_stops_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TWEETSENT_NOTES", str(tmp_path / "nowhere" / "notes.txt"))
    note("something")
    assert capsys.readouterr().out == "something\n"
