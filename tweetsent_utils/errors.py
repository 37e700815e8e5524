"""What users are told in a sentence: what stops the work, and notes, which stop nothing."""

import os
import reprlib
import signal
import sys
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

# Set for a kernel that a command runs: the file in which the command looks for notes. Where it is
# set, the command also follows the run's progress log.
NOTES_VARIABLE = "TWEETSENT_NOTES"
RED, PLAIN = "\033[31m", "\033[0m"


class TweetsentError(Exception):
    """Bad input or a missing piece, in one sentence.

    The command prints it without a traceback, and so does a notebook.
    """

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows in place of a traceback: name and sentence."""
        return [f"{RED}{type(self).__name__}{PLAIN}: {self}"]


class Stopped(TweetsentError):  # noqa: N818 - what somebody wished is no error
    """Somebody stopped the work; what is finished stays, and it goes on from there."""

    signal_number = signal.SIGINT  # that asked for it: Ctrl-C, unless somebody knows better


@contextmanager
def user_error(what: str, remedy: str, *kinds: type[Exception]) -> Iterator[None]:
    """Turn exceptions of other libraries into one sentence.

    An exception of one of `kinds` is raised again as a `TweetsentError`: what is wrong, the
    library's own words in parentheses, shortened to 200 characters, and what to do.
    """
    try:
        yield
    except kinds as error:
        words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        reason = textwrap.shorten(words, 200, placeholder=" ...")
        raise TweetsentError(f"{what} ({reason}): {remedy}") from None


def quote(value: object, most: int = 200) -> str:
    """Return a value as a sentence can hold it: on one line, at most `most` characters long.

    Control characters, which a file may hold and a terminal would obey, are written as escapes.
    Lists of lists of lists are shown to their third level only.
    """
    short = reprlib.Repr()
    short.maxlevel = 3
    short.maxlist = short.maxdict = 12
    short.maxstring = short.maxother = most
    try:
        words = short.repr(value)
    except ValueError:  # a number of thousands of digits
        words = f"a {type(value).__name__} that is too large to show"
    return words if len(words) <= most else f"{words[:most]} ..."


def quote_names(names: Iterable[object], most: int = 200) -> str:
    """Return names, each quoted and with commas between them, in `most` characters or a few more.

    >>> quote_names(["low", "high"])
    "'low', 'high'"
    """
    names = list(names)
    shown: list[str] = []
    for name in names:
        if len(", ".join(shown)) > most:
            return f"{', '.join(shown)} and {len(names) - len(shown):,} more"
        shown.append(quote(name, most=100))
    return ", ".join(shown)


def note(sentence: str) -> None:
    """Tell the user something that does not stop the work, such as a guessed encoding.

    It is printed, and so stays in the notebook; a command that runs the notebook, of which nobody
    looks at the outputs, shows it too.
    """
    print(encodable(sentence, sys.stdout.encoding))
    if is_followed():
        line = " ".join(sentence.split()) + "\n"
        file = os.environ[NOTES_VARIABLE]
        with suppress(OSError), open(file, "a", encoding="utf-8") as notes:
            notes.write(encodable(line, "utf-8"))


def encodable(text: str, encoding: str | None) -> str:
    r"""Return a text with escapes, such as \xe9, for what an encoding lacks; None means UTF-8."""
    encoding = encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def is_followed() -> bool:
    """Tell whether a command runs this kernel and shows its notes and its progress."""
    return bool(os.environ.get(NOTES_VARIABLE))
