"""Encoders and trained models: a broken one is refused before it answers anything."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification

from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.model.classifier import check_classifier, load_classifier

LABELS = ["low", "high"]
NOT_LOADED = "the encoder folder broken cannot be loaded ("


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


def test_an_encoder_without_a_tokenizer_is_refused(broken, refusal):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (broken / name).unlink()
    message = refusal(load_tokenizer, broken, "raw", 32)
    assert message.startswith("the encoder folder broken has no tokenizer")
    (broken / "tokenizer.json").write_text("{half")
    assert NOT_LOADED in refusal(load_tokenizer, broken, "raw", 32)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("model.safetensors", cut),
        ("model.safetensors", Path.unlink),
        ("config.json", lambda file: file.write_text("{half")),
        ("config.json", lambda file: file.write_text('{"model_type": "nonesuch"}')),
        ("config.json", Path.unlink),
    ],
)
def test_an_encoder_with_a_damaged_or_missing_file_is_refused(broken, refusal, name, damage):
    damage(broken / name)
    assert NOT_LOADED in refusal(load_classifier, broken, LABELS)


def test_an_encoder_that_lacks_weights_is_refused(broken, refusal):
    weights = load_file(broken / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if "layer.1" not in name}
    save_file(kept, broken / "model.safetensors", {"format": "pt"})
    message = refusal(load_classifier, broken, LABELS)
    lacking = len(weights) - len(kept)
    assert f"broken lacks {lacking} weights, such as distilbert.transformer.layer.1" in message


def test_a_max_length_beyond_the_encoder_is_refused(tiny_encoder, refusal):
    assert load_tokenizer(tiny_encoder, "raw", 128).model_max_length == 128
    message = refusal(load_tokenizer, tiny_encoder, "raw", 129)
    assert message.startswith("max_length is 129, but this encoder reads 128 tokens")


@pytest.mark.parametrize("classes", [2, 3])
def test_an_encoder_with_a_head_of_its_own_gets_a_fresh_one_and_that_is_printed(
    broken, capsys, classes
):
    trained = AutoModelForSequenceClassification.from_pretrained(broken, num_labels=classes)
    trained.config.calibration_temperature = 0.5
    trained.save_pretrained(broken)
    model = load_classifier(broken, LABELS)
    assert model.classifier.weight.shape == (2, trained.config.dim)
    assert not torch.equal(model.classifier.weight, trained.classifier.weight[:2])
    assert torch.equal(
        model.base_model.embeddings.word_embeddings.weight,
        trained.base_model.embeddings.word_embeddings.weight,
    )
    assert not hasattr(model.config, "calibration_temperature")
    assert "a fresh one for 2 labels takes its place" in capsys.readouterr().out


def test_an_encoders_name_is_not_taken_for_its_folder():
    with pytest.raises(TweetsentError, match="no folder all-MiniLM-L6-v2.*find_encoder"):
        load_classifier("all-MiniLM-L6-v2", LABELS)


@pytest.fixture
def trained(tiny_encoder, tmp_path):
    """A trained model's folder as notebook 03 leaves it."""
    load_classifier(tiny_encoder, LABELS).save_pretrained(tmp_path / "model")
    load_tokenizer(tiny_encoder, "raw", 32).save_pretrained(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize(
    ("name", "damage", "reason"),
    [
        ("tokenizer.json", Path.unlink, "is not there yet: run 03_training.ipynb"),
        ("config.json", Path.unlink, "is not there yet: run 03_training.ipynb"),
        ("model.safetensors", Path.unlink, "is not there yet: run 03_training.ipynb"),
        ("model.safetensors", cut, "is damaged ("),
    ],
)
def test_a_trained_model_that_is_not_whole_is_refused(trained, refusal, name, damage, reason):
    assert check_classifier(trained, LABELS) == trained
    damage(trained / name)
    assert f"model/{name} {reason}" in refusal(check_classifier, trained, LABELS)


@pytest.mark.parametrize("labels", [["low", "middle", "high"], ["high", "low"]])
def test_a_trained_model_of_other_labels_is_refused(trained, refusal, labels):
    message = refusal(check_classifier, trained, labels)
    assert f"answers with low, high, its dataset has {', '.join(labels)}" in message
