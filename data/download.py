"""Fetch the Kaggle files into data/ and check that they are the official ones: `make data`.

Files that lie there already, put by hand or fetched before, are checked and never overwritten.
"""

import hashlib
import shutil
import sys
from pathlib import Path

import kagglehub

DATASET = "datatattle/covid-19-nlp-text-classification"
SHA256 = {
    "Corona_NLP_train.csv": "684ff5f7382c7de2a3beb06fdc8d15520ab982f08b8124254b0c62586d146915",
    "Corona_NLP_test.csv": "73ae36853128f9013c1c44b219ffe61aa7c6b8bc643b1566f97564a454a42dd2",
}


def download(folder: Path) -> int:
    """Bring the files that `folder` lacks and say of each whether it is official; return the exit code."""
    missing = [name for name in SHA256 if not (folder / name).is_file()]
    if missing:
        try:
            source = Path(kagglehub.dataset_download(DATASET))
        except Exception as error:  # noqa: BLE001 - kagglehub raises whatever its transport does, and each means the same
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            print(
                f"error: kagglehub could not fetch {DATASET} ({reason}): try again later, or download "
                f"{' and '.join(missing)} in a browser and put them into {folder}",
                file=sys.stderr,
            )
            return 1
        for name in missing:
            shutil.copyfile(source / name, folder / f".{name}.part")
            (folder / f".{name}.part").rename(folder / name)
    other = [name for name, sha256 in SHA256.items() if file_sha256(folder / name) != sha256]
    for name in SHA256:
        verdict = "NOT the official file: its SHA-256 is another" if name in other else "official, SHA-256 checked"
        print(f"{folder / name}: {verdict}")
    if other:
        print(
            f"remove {' and '.join(other)} and run this again to get the official files; the notebooks read any file",
            file=sys.stderr,
        )
    return 1 if other else 0


def file_sha256(path: Path) -> str:
    """Return a file's SHA-256 as hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(download(Path(__file__).resolve().parent))
