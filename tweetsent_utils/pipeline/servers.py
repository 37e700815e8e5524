"""Servers that a command starts for somebody at this machine, and ends."""

import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.pipeline.terminal import say

SECONDS_TO_END = 30  # for a server and its kernels


def run_until_stopped(
    command: Sequence[str],
    environment: dict[str, str],
    farewell: str,
) -> None:
    """Run a program until it ends or this one is asked to stop, and never leave it behind.

    Where there are sessions, the program has one of its own: Ctrl-C comes here alone and is passed
    on, so that a server ends at once instead of asking whether it should. On Windows it comes to
    both. Then, `farewell` is said. Raises `TweetsentError` if the program ends with an error.
    """
    has_sessions = os.name == "posix"
    program = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=has_sessions,
    )
    try:
        code = program.wait()
    except KeyboardInterrupt:
        say(f"\n{farewell}")
        if has_sessions:
            program.terminate()
        code = 0
        with suppress(subprocess.TimeoutExpired):
            program.wait(SECONDS_TO_END)
    finally:
        if program.poll() is None:
            program.kill()
            program.wait()
    if code:
        raise TweetsentError(f"{command[2]} ended with exit code {code}: its last lines say why")
