"""The one exception that users meet: a sentence that says what is wrong, where, and what to do."""


class TweetsentError(Exception):
    """Bad input or a missing piece, told in one sentence; the driver prints it without a traceback."""
