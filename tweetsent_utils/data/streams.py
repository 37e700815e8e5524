"""Files of any size as a stream of lines, in constant memory, packed or not.

What cannot be decoded does not stop the stream: each such byte becomes the character `LOST`, so
that the row it is in can be counted and kept.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from tweetsent_utils.data.encodings import guess_encoding
from tweetsent_utils.errors import TweetsentError, user_error

PACKINGS = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}
SAMPLE = 2**20  # bytes, from which an encoding is guessed
LONGEST_LINE = 2**24  # characters
LOST = "\ufffd"


def unpacked_suffix(path: Path) -> str:
    """Return the ending of a file's name that says its format, in lower case.

    >>> unpacked_suffix(Path("tweets.CSV.gz"))
    '.csv'
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in PACKINGS:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


class ByteStream(io.RawIOBase):
    """A file's unpacked bytes; `place` is how many of the packed ones have been read.

    Raises `TweetsentError` for a packed file that ends in the middle, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with user_error(f"{path} cannot be opened", "name a file that is there", OSError):
            self.packed = pa.OSFile(str(path), "rb")
        packing = PACKINGS.get(path.suffix.lower())
        self.source = pa.CompressedInputStream(self.packed, packing) if packing else self.packed

    @property
    def place(self) -> int:
        """How many bytes of the file have been read."""
        return self.packed.tell()

    def readable(self) -> bool:
        """Return True: it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:
        """Fill a buffer; return how many bytes it got, 0 at the end."""
        remedy = "copy or download it again"
        with user_error(f"{self.path} is damaged", remedy, OSError, pa.ArrowException):
            data = self.source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def read_sample(path: Path) -> bytes:
    """Return the first MiB of a file, unpacked, up to the end of a line."""
    sample = io.BufferedReader(ByteStream(path)).read(SAMPLE)
    is_all = len(sample) < SAMPLE
    # A character may be cut in two where the sample ends.
    return sample if is_all else sample.rpartition(b"\n")[0] or sample


def find_encoding(path: Path) -> str:
    """Guess a file's encoding from its first MiB."""
    return guess_encoding(read_sample(path))


class Lines:
    """The lines of a file, which can be put back; `taken` are those since it was last emptied.

    A line keeps its ending, of which there are three kinds. `number` is that of the last one, from
    1 on. Raises `TweetsentError` for a line without an end.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self.path = path
        self.bytes = ByteStream(path)
        buffered = io.BufferedReader(self.bytes, buffer_size=SAMPLE)
        self.text = io.TextIOWrapper(buffered, encoding, errors="replace", newline="")
        self.returned: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.returned.popleft() if self.returned else self.text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) >= LONGEST_LINE:
            what = f"{self.path}: line {self.number:,} has more than {LONGEST_LINE:,} characters"
            raise TweetsentError(f"{what}: break it into rows")
        if self.number == 1:
            line = line.removeprefix("\ufeff")
        self.taken.append(line)
        return line

    def put_back(self, lines: list[str]) -> None:
        """Let the next lines be these, and then what would have come."""
        self.returned.extendleft(reversed(lines))
        self.number -= len(lines)
