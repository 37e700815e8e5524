"""The folder that a corpus is scored into: what it was made with, its shards, and its locks.

A shard is one Parquet file with the answers for one block of one input file. It is whole or absent,
and says in its own metadata what it holds. So what is finished can be seen from the folder alone,
and a process that is killed at any moment loses the shard that it was computing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from filelock import FileLock, Timeout
from pyarrow import parquet

from tweetsent_utils.errors import TweetsentError, quote, user_error
from tweetsent_utils.files import load_json, save_json, write_atomically, write_errors

MANIFEST = "score.json"
PARTS = "parts"
FORMAT = 1  # counts up when the files of such a folder change their meaning
METADATA = b"tweetsent"  # the key of what a shard says of itself
SIGNED = 2**20  # bytes at either end of a file, by which it is known again
SECONDS_FOR_LOCK = 60


class Part(NamedTuple):
    """A shard of the output: which block of which file it answers, and what it says of itself."""

    file: int
    block: int
    about: dict[str, Any]


class Output:
    """An output folder, opened for one model with its settings.

    `settings` are what all shards of a folder must share, as JSON can hold it. Raises
    `TweetsentError` if the folder was made with others, or holds something else.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder = folder
        self.settings = settings
        self.parts = folder / PARTS
        self.key = digest(settings)

    def open(self, files: Sequence[Path], is_divided: bool) -> dict[Path, int]:
        """Note which files are read, and return their numbers.

        Files may be added later, but not while several machines share them. A file that has changed
        since some of it was answered is refused, as the answers would be those of two files.
        """
        with write_errors(self.folder):
            self.parts.mkdir(parents=True, exist_ok=True)
        manifest = load_json(self.folder / MANIFEST)
        self.require_same_settings(manifest)
        known = {Path(file["path"]): file for file in manifest.get("files", [])}
        new = [path for path in files if path not in known]
        if known and new and is_divided:
            what = f"{self.folder} was begun with other files (it lacks {new[0]})"
            raise TweetsentError(f"{what}: give all machines the same ones, or name another --out")
        is_changed = bool(new) or not manifest
        numbers = {path: number for number, path in enumerate([*known, *new])}
        for path in files:
            signature = sign(path)
            if path in known and known[path]["sha256"] != signature:
                if any(self.parts.glob(f"{numbers[path]:05d}-*.parquet")):
                    what = (
                        f"{path} has changed since {self.folder} was begun, and has answers there"
                    )
                    raise TweetsentError(f"{what}: score it into another folder (--out)")
                is_changed = True
            known[path] = {"path": str(path), "sha256": signature}
        if is_changed:
            content = {"format": FORMAT, "settings": self.settings, "files": list(known.values())}
            save_json(self.folder / MANIFEST, content)
        numbers = {path: number for number, path in enumerate(known)}
        return {path: numbers[path] for path in files}

    def numbers(self, files: Sequence[Path]) -> dict[Path, int]:
        """Return the numbers of files that `open` has noted."""
        noted = load_json(self.folder / MANIFEST)["files"]
        places = {Path(file["path"]): number for number, file in enumerate(noted)}
        return {path: places[path] for path in files}

    def require_same_settings(self, manifest: dict[str, Any]) -> None:
        """Refuse a folder that was made with another model or other settings, or is no such."""
        if not manifest:
            others = [path.name for path in self.folder.glob("[!.]*") if path.name != PARTS]
            if others or any(self.parts.iterdir()):
                what = f"{self.folder} holds {min(others, default=PARTS)}, and no {MANIFEST}"
                raise TweetsentError(f"{what}: name an empty or a new folder (--out)")
            return
        if manifest.get("format") != FORMAT or not isinstance(manifest.get("settings"), dict):
            what = f"{self.folder / MANIFEST} is of another version, or damaged"
            raise TweetsentError(f"{what}: name another folder (--out)")
        before = manifest["settings"]
        changes = [
            f"{name} {quote(before.get(name), 60)} -> {quote(value, 60)}"
            for name, value in self.settings.items()
            if before.get(name) != value
        ]
        if changes:
            what = f"{self.folder} was begun with other settings ({'; '.join(changes)})"
            raise TweetsentError(f"{what}: answers are not mixed; name another folder (--out)")

    @contextmanager
    def locked(
        self,
        shard: tuple[int, int],
        files: Sequence[Path],
    ) -> Iterator[dict[Path, int]]:
        """Open the folder and keep others out of what this process answers; give what `open` does.

        That is everything, or one of n shares: processes that divide the files into the same number
        of shares work side by side.
        """
        index, count = shard
        with ExitStack() as stack:
            with write_errors(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
                try:
                    with FileLock(self.folder / ".lock", timeout=SECONDS_FOR_LOCK):
                        self.refuse_other_division(count)
                        own = FileLock(self.folder / f".lock-{index}-of-{count}", blocking=False)
                        stack.enter_context(own)
                        numbers = self.open(files, is_divided=count > 1)
                except Timeout:
                    what = f"{self.folder} is in use by another process"
                    remedy = "wait for it, or name another folder (--out)"
                    raise TweetsentError(f"{what}: {remedy}") from None
            yield numbers

    def refuse_other_division(self, count: int) -> None:
        """Raise `Timeout` while somebody divides the same files into another number of shares."""
        for path in self.folder.glob(".lock-*-of-*"):
            if not path.name.endswith(f"-of-{count}"):
                with FileLock(path, blocking=False):
                    pass

    def path_of(self, file: int, block: int) -> Path:
        """Return where the shard for a block of a file is."""
        return self.parts / f"{file:05d}-{block:06d}.parquet"

    def write(self, file: int, block: int, table: pa.Table, about: dict[str, Any]) -> None:
        """Write a shard, whole or not at all, and on the disk before it has its name."""
        metadata = {METADATA: json.dumps({"key": self.key, **about}).encode()}

        def write_and_sync(path: Path) -> None:
            with open(path, "wb") as target:
                parquet.write_table(
                    table.replace_schema_metadata(metadata),
                    target,
                    compression="zstd",
                )
                target.flush()
                os.fsync(target.fileno())

        write_atomically(self.path_of(file, block), write_and_sync)

    def finished(self) -> Iterator[Part]:
        """Yield the shards that are there and whole, in order.

        One that is damaged counts as absent, and is made again.
        """
        for path in sorted(self.parts.glob("[0-9]*-[0-9]*.parquet")):
            about = read_about(path)
            if about.get("key") == self.key:
                file, block = path.stem.split("-")
                yield Part(int(file), int(block), about)


def read_about(path: Path) -> dict[str, Any]:
    """Return what a shard says of itself; nothing for one that is damaged."""
    try:
        return json.loads(parquet.read_schema(path).metadata[METADATA])
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return {}


def digest(settings: dict[str, Any]) -> str:
    """Return what settings are known by."""
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def sign(path: Path) -> str:
    """Return what a file is known by: its size, its first and its last MiB, not its date."""
    with user_error(f"{path} cannot be read", "name a file that you may read", OSError):
        size = path.stat().st_size
        with open(path, "rb") as file:
            ends = file.read(SIGNED)
            if size > SIGNED:
                file.seek(max(size - SIGNED, SIGNED))
                ends += file.read(SIGNED)
    return hashlib.sha256(f"{size} ".encode() + ends).hexdigest()
