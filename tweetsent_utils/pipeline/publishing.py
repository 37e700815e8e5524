"""The command `tweetsent push`: a run's model and its card go to a hub of models."""

from pathlib import Path

from huggingface_hub import HfApi
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    HTTPError,
    LocalTokenNotFoundError,
)

from tweetsent_utils.data.split_files import load_meta
from tweetsent_utils.errors import TweetsentError, user_error
from tweetsent_utils.model.classifier import find_trained
from tweetsent_utils.pipeline.model_card import CARD, write_model_card
from tweetsent_utils.pipeline.terminal import say

# What whoever loads the model needs. What names files of this machine stays here.
UPLOADED = ["config.json", "model.safetensors", "tokenizer*.json", "special_tokens_map.json", CARD]


def push_model(run: Path, repo: str, is_public: bool = False, is_rehearsal: bool = False) -> str:
    """Upload the model of a run, with its card, to a repository of the hub; return its address.

    The repository is made if it is not there: private, unless `is_public`. With `is_rehearsal`,
    the card is written and nothing is uploaded. Raises `TweetsentError` for a run without a whole
    model, a name that no repository can have, without a login, and if the hub is out of reach.
    """
    folder = find_trained(run, load_meta(run))
    card = write_model_card(run, repo)
    files = sorted({path.name for form in UPLOADED for path in folder.glob(form)})
    if is_rehearsal:
        say(f"would be uploaded to {repo}: {', '.join(files)}; read {card} first")
        return ""
    login = "run `hf auth login`, with a token that may write"
    unreached = user_error(f"{repo} cannot be uploaded", "try again later", OSError, HTTPError)
    refused = user_error(f"the hub refuses {repo}", login, HfHubHTTPError)
    unknown = user_error("nobody is logged in to the hub", login, LocalTokenNotFoundError)
    unnamed = user_error(f"{repo!r} names no repository", "give OWNER/NAME", HFValidationError)
    if repo.count("/") != 1:
        raise TweetsentError(f"{repo!r} names no repository: give OWNER/NAME")
    with unreached, refused, unknown, unnamed:
        hub = HfApi()
        address = hub.create_repo(repo, private=not is_public, exist_ok=True)
        hub.upload_folder(
            repo_id=repo,
            folder_path=folder,
            allow_patterns=UPLOADED,
            commit_message=f"Upload the model of the run {run.name}",
        )
    say(f"uploaded: {', '.join(files)}")
    return str(address)
