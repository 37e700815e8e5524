"""The exceptions that users meet: a sentence that says what is wrong, where, and what to do."""

import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class TweetsentError(Exception):
    """Bad input or a missing piece, in one sentence; the command prints it without a traceback."""


class Stopped(TweetsentError):  # noqa: N818 - what somebody wished is no error
    """Somebody stopped the work; what is finished stays, and it goes on from there."""


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


def quote(value: object, most: int = 100) -> str:
    """Return a value as a sentence can hold it: on one line, at most `most` characters long.

    Control characters, which a file may hold and a terminal would obey, are written as escapes.
    """
    try:
        words = repr(value)
    except (ValueError, RecursionError):  # a number of 4,300 digits, lists in lists in lists
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
        shown.append(quote(name))
    return ", ".join(shown)
