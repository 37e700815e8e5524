"""What the command prints: whatever the text and the terminal are, no run ends by it."""

import io
import subprocess
import sys

import pytest

from tweetsent_utils.pipeline.terminal import escape_controls, say


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two lines\nand a\ttab", "two lines\nand a\ttab"),
        ("café 👩\u200d🔬 नमस्ते", "café 👩\u200d🔬 नमस्ते"),  # what joins emoji is not hidden
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("over\rwritten", "over\\rwritten"),
        ("bell\x07 back\x08 null\x00 delete\x7f", "bell\\x07 back\\x08 null\\x00 delete\\x7f"),
        ("\x9b2J, of one byte", "\\x9b2J, of one byte"),
        ("exe.\u202egpj", "exe.\\u202egpj"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_as_an_escape(text, shown, capsys):
    assert escape_controls(text) == shown
    say(text, "stderr")
    assert capsys.readouterr() == ("", shown + "\n")


def test_what_the_command_itself_puts_around_a_text_is_left(capsys):
    say("a\rb", before="\r\033[K", end="")
    assert capsys.readouterr().out == "\r\033[Ka\\rb"


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("ascii", b"caf\\xe9 \\u2603\n"), ("cp1252", b"caf\xe9 \\u2603\n"), ("utf-8", None)],
)
def test_letters_that_a_terminal_does_not_know_become_escapes(monkeypatch, encoding, written):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    monkeypatch.setattr(sys, "stdout", terminal)
    say("café \u2603")
    assert terminal.buffer.getvalue() == (written or "café \u2603\n".encode())


def test_a_file_name_that_is_no_text_is_printed(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    monkeypatch.setattr(sys, "stdout", terminal)
    say("caf\udce9.csv")  # as Python reads a name in Latin-1
    assert terminal.buffer.getvalue() == b"caf\\udce9.csv\n"


def test_a_terminal_that_is_gone_ends_nothing():
    code = """
import os, sys
from tweetsent_utils.pipeline.terminal import say
say("first")
read, write = os.pipe()
os.dup2(write, 1)
os.close(read)
os.close(write)
for number in range(3):
    say(f"nobody reads line {number}")
say("the run went on", "stderr")
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "first\n")
    assert ended.stderr == "the run went on\n"


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16"])
def test_a_run_ends_well_on_a_terminal_that_knows_few_letters(
    small_notebooks, tmp_path, monkeypatch, encoding
):
    notes = "from tweetsent_utils.errors import note\nnote('caf\u00e9 \u2603')"
    small_notebooks.write_first(notes)
    small_notebooks.write_second("raise ValueError('na\u00efve \u2603 \x1b[2J')")
    monkeypatch.setenv("TWEETSENT_OUTPUTS", str(tmp_path / "outputs \u2603"))
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    code = f"""
import sys
from pathlib import Path
from tweetsent_utils.pipeline import cli, notebooks
notebooks.NOTEBOOKS = Path({str(small_notebooks.folder)!r})
sys.exit(cli.main(["run"]))
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True)
    shown, errors = (text.decode(encoding) for text in (ended.stdout, ended.stderr))
    assert ended.returncode == 1
    assert "01_first: done in" in shown
    assert shown.count("2603") + shown.count("\u2603") == 1
    assert errors.startswith("error: 02_second stopped in code cell 3: ValueError: na")
    assert "Traceback" not in errors
