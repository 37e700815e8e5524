"""Checksums of what a run writes and reads again, so that a changed byte does not go unnoticed.

Each folder keeps those of its own files in `SHA256SUMS`, which `sha256sum --check` reads.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import load_record, read_errors, require_file, write_atomically

SUMS = "SHA256SUMS"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_sealed_folder(folder: Path, write: Callable[[Path], Any]) -> None:
    """Write a folder with the checksums of all its files; it is whole or absent.

    `write` gets the path of a new folder to write into.
    """

    def write_and_seal(partial: Path) -> None:
        partial.mkdir()
        write(partial)
        files = sorted(path for path in partial.rglob("*") if path.is_file())
        sums = {path.relative_to(partial).as_posix(): [sha256_of(path)] for path in files}
        write_sums(partial / SUMS, sums)

    write_atomically(folder, write_and_seal)


def write_recorded(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a file, whole or not at all, and note its checksum in its folder.

    The checksum comes first. The one of the file that it replaces stays next to it, as a comment,
    so that a process that is killed in between leaves a file that is still known.
    """

    def write_and_record(partial: Path) -> None:
        write(partial)
        sums = load_record(path.parent, read_sums)
        replaced = sha256_of(path) if path.exists() else ""
        earlier = [replaced] if replaced in sums.get(path.name, []) else []
        sums[path.name] = list(dict.fromkeys([sha256_of(partial), *earlier]))
        write_atomically(path.with_name(SUMS), lambda file: write_sums(file, sums))

    write_atomically(path, write_and_record)


def verify_file(path: Path, notebook: str) -> Path:
    """Return a file's path if its bytes are those that were written.

    A file of which its folder keeps no checksum is taken as it is. Raises `TweetsentError` that
    names the file, and the notebook that writes it, if it is missing or its bytes are others.
    """
    require_file(path, notebook)
    known = read_sums(path.parent).get(path.name)
    if known:
        require_sum(path, known, notebook)
    return path


def verify_folder(folder: Path, notebook: str) -> Path:
    """Return a sealed folder's path if all its files have the bytes that were written.

    Files that came later, such as a README, are left alone. Raises `TweetsentError` like
    `verify_file`.
    """
    sums = read_sums(require_file(folder, notebook))
    if not sums:
        raise TweetsentError(f"{folder / SUMS} is not there or empty: run {notebook}.ipynb again")
    for name, known in sums.items():
        path = folder / name
        require_sum(require_file(path, notebook), known, notebook)
    return folder


def require_sum(path: Path, known: list[str], notebook: str) -> None:
    """Refuse a file of which the checksum is not known."""
    if sha256_of(path) not in known:
        what = f"{path} is damaged or was edited: its SHA-256 is not the one in {SUMS}"
        number = notebook[:2]
        remedy = f"put the file back, or run {notebook}.ipynb again (--from {number})"
        raise TweetsentError(f"{what}: {remedy}")


def read_sums(folder: Path) -> dict[str, list[str]]:
    """Return the checksums that a folder keeps, by the name of the file, the latest first."""
    path = folder / SUMS
    sums: dict[str, list[str]] = {}
    if path.exists():
        with read_errors(path):
            for line in path.read_text(encoding="utf-8").splitlines():
                digest, name = line.removeprefix("# ").split("  ", maxsplit=1)
                sums.setdefault(name, []).append(digest)
    return sums


def write_sums(path: Path, sums: dict[str, list[str]]) -> None:
    """Write `SHA256SUMS`: a line with the latest checksum of each file, others as comments."""
    lines = []
    for name, (latest, *earlier) in sums.items():
        lines.append(f"{latest}  {name}")
        lines += [f"# {digest}  {name}" for digest in earlier]
    text = "".join(f"{line}\n" for line in lines)
    path.write_text(text, encoding="utf-8", newline="\n")  # alike on every system
