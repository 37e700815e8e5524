"""Fetch the Kaggle files into data/ and check that they are the official ones: `make data`.

Files that are there already, put by hand or fetched before, are checked and never overwritten.
"""

import hashlib
import shutil
import sys
from pathlib import Path

import kagglehub

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import write_atomically
from tweetsent_utils.paths import PROJECT_ROOT

DATASET = "datatattle/covid-19-nlp-text-classification"
SHA256 = {
    "Corona_NLP_train.csv": "684ff5f7382c7de2a3beb06fdc8d15520ab982f08b8124254b0c62586d146915",
    "Corona_NLP_test.csv": "73ae36853128f9013c1c44b219ffe61aa7c6b8bc643b1566f97564a454a42dd2",
}


def download(folder: Path) -> None:
    """Bring the files that `folder` lacks and say of each whether it is official.

    Raises `TweetsentError` where Kaggle cannot be reached, and for a file that is another.
    """
    missing = [name for name in SHA256 if not (folder / name).is_file()]
    if missing:
        source = fetch(missing, folder)
        for name in missing:
            copy_atomically(source / name, folder / name)
    unofficial = []
    for name, expected in SHA256.items():
        if file_sha256(folder / name) == expected:
            print(f"{folder / name}: official, SHA-256 checked")
        else:
            print(f"{folder / name}: NOT the official file: its SHA-256 is another")
            unofficial.append(name)
    if unofficial:
        names = " and ".join(unofficial)
        raise TweetsentError(
            f"remove {names} and run this again to get the official files; "
            "the notebooks read any file"
        )


def fetch(names: list[str], folder: Path) -> Path:
    """Let kagglehub download the data set; return the folder that it is in."""
    try:
        return Path(kagglehub.dataset_download(DATASET))
    except Exception as error:  # noqa: BLE001 - kagglehub raises whatever its transport does
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TweetsentError(
            f"kagglehub could not fetch {DATASET} ({reason}): try again later, or download "
            f"{' and '.join(names)} in a browser and put them into {folder}"
        ) from None


def copy_atomically(source: Path, target: Path) -> None:
    """Copy a file so that the copy is whole or absent."""
    write_atomically(target, lambda file: shutil.copyfile(source, file))


def file_sha256(path: Path) -> str:
    """Return a file's SHA-256 as hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> int:
    """Run the command line; return its exit code."""
    try:
        download(PROJECT_ROOT / "data")
    except TweetsentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
