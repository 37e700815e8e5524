"""Encoders and trained models: a broken one is refused before it answers anything."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification

from tweetsent_utils.checksums import SUMS, sha256_of, write_sums
from tweetsent_utils.data.tokenizing import load_tokenizer, open_tokenizer
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.model.classifier import check_classifier, find_trained, load_classifier
from tweetsent_utils.model.trial import check_encoder

LABELS = ["low", "high"]
NOT_LOADED = "broken cannot be loaded ("


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


def change_weights(folder: Path, name: str, change: Callable) -> None:
    """Put another weight in the place of one of an encoder's."""
    weights = load_file(folder / "model.safetensors")
    weights[name] = change(weights[name])
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def try_out(folder: Path) -> None:
    """Do with an encoder what notebook 02 does."""
    check_encoder(folder, load_tokenizer(folder, "words", 32), LABELS)


def test_an_encoder_without_a_tokenizer_is_refused(broken, refusal):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (broken / name).unlink()
    message = refusal(load_tokenizer, broken, "raw", 32)
    assert f"the encoder folder {broken} has no tokenizer" in message


ODD = ("", "[]", "null", "3", '"text"', "{half", "[" * 100_000, "\ud800", '{"a": 1} {}')


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json"])
@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_a_json_file_that_holds_no_object_is_named(broken, refusal, name, text):
    (broken / name).write_text(text, encoding="utf-8", errors="surrogatepass")
    message = refusal(try_out, broken)
    assert f"{name} of the encoder folder {broken} is damaged (" in message
    assert "choose a whole one" in message  # no notebook makes an encoder
    assert "choose a whole one" in refusal(load_classifier, broken, LABELS)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("config.json", {"dim": "wide"}),
        ("config.json", {"dim": -16}),
        ("config.json", {"n_heads": 0}),
        ("config.json", {"n_heads": 3}),
        ("config.json", {"n_layers": None}),
        ("config.json", {"vocab_size": 0}),
        ("config.json", {"vocab_size": [3]}),
        ("config.json", {"model_type": 3}),
        ("config.json", {"max_position_embeddings": "many"}),
        ("config.json", {"activation": "nonesuch"}),
        ("config.json", {"pad_token_id": "[PAD]"}),
        ("tokenizer.json", {"model": None}),
        ("tokenizer.json", {"model": {"type": "Nonesuch"}}),
        ("tokenizer.json", {"added_tokens": 3}),
        ("tokenizer_config.json", {"model_max_length": "long"}),
        ("tokenizer_config.json", {"tokenizer_class": 5}),
        ("tokenizer_config.json", {"pad_token": 3}),
    ],
)
def test_an_odd_value_in_a_json_file_is_refused(broken, refusal, name, changes):
    content = json.loads((broken / name).read_text(encoding="utf-8"))
    (broken / name).write_text(json.dumps(content | changes), encoding="utf-8")
    assert str(broken) in refusal(try_out, broken)


def test_a_tokenizer_without_a_fast_form_is_named(broken, refusal):
    (broken / "tokenizer.json").unlink()
    settings = json.dumps({"tokenizer_class": "BertweetTokenizer"})
    (broken / "tokenizer_config.json").write_text(settings)
    (broken / "vocab.txt").write_text("soap 9\npan@@ 5\nic 4\n")
    (broken / "bpe.codes").write_text("s o 9\nso a 8\nsoa p</w> 7\n")
    message = refusal(load_tokenizer, broken, "raw", 32)
    assert f"{broken}, BertweetTokenizer, has no fast form" in message


def test_a_tokenizer_of_more_tokens_than_embeddings_is_refused(broken, refusal):
    embeddings = "embeddings.word_embeddings.weight"
    change_weights(broken, embeddings, lambda weight: weight[:40].clone())
    content = json.loads((broken / "config.json").read_text())
    (broken / "config.json").write_text(json.dumps(content | {"vocab_size": 40}))
    highest = len(load_tokenizer(broken, "raw", 32)) - 1
    message = refusal(try_out, broken)
    assert (
        f"counts its tokens up to {highest}, and there are word embeddings for 0 to 39" in message
    )


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_weights_that_are_not_finite_are_named(broken, refusal, number):
    name = "transformer.layer.1.ffn.lin1.bias"

    def spoil(weight: torch.Tensor) -> torch.Tensor:
        weight[3] = number
        return weight

    change_weights(broken, name, spoil)
    message = refusal(load_classifier, broken, LABELS)
    assert f"{broken} the weight distilbert.{name} holds numbers that are not finite" in message


def test_body_weights_of_another_shape_are_named_with_both_shapes(broken, refusal, capsys):
    name = "transformer.layer.0.ffn.lin2.weight"
    change_weights(broken, name, lambda weight: torch.zeros(16, 48))
    message = refusal(load_classifier, broken, LABELS)
    assert f"distilbert.{name} has shape [16, 48], and should have [16, 32]" in message
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("model.safetensors", cut),
        ("model.safetensors", Path.unlink),
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
    for name in ("pre_classifier", "classifier"):
        torch.nn.init.ones_(trained.get_submodule(name).weight)
    trained.config.calibration_temperature = 0.5
    trained.save_pretrained(broken)
    model = load_classifier(broken, LABELS)
    assert model.classifier.weight.shape == (2, trained.config.dim)
    assert not (model.classifier.weight == 1).any()
    assert not (model.pre_classifier.weight == 1).any()
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


def test_a_trained_model_of_another_dataset_or_with_a_changed_byte_is_refused(trained, refusal):
    made_with = {"label_order": LABELS, "sha256": {"train": "abc"}}
    (trained / "dataset.json").write_text(json.dumps(made_with))
    write_sums(trained / SUMS, {"dataset.json": [sha256_of(trained / "dataset.json")]})
    assert find_trained(trained.parent, made_with) == trained
    message = refusal(find_trained, trained.parent, made_with | {"sha256": {"train": "def"}})
    assert "another dataset" in message and "03_training" in message
    (trained / "dataset.json").write_text("{}")
    assert "dataset.json" in refusal(find_trained, trained.parent, made_with)


@pytest.mark.parametrize("text", ["", "[]", "{half"])
def test_a_trained_model_with_odd_settings_is_refused(trained, refusal, text):
    (trained / "config.json").write_text(text)
    message = refusal(check_classifier, trained, LABELS)
    assert f"{trained / 'config.json'} is damaged (" in message
    assert "run the notebook again" in message


@pytest.mark.parametrize("content", [{"id2label": ["low", "high"]}, {"id2label": None}, {}])
def test_a_trained_model_without_labels_is_refused(trained, refusal, content):
    (trained / "config.json").write_text(json.dumps({"model_type": "distilbert"} | content))
    assert "its dataset has low, high: run 03" in refusal(check_classifier, trained, LABELS)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (Path.unlink, "model/tokenizer.json is not there yet: run 02_dataset_creation.ipynb"),
        (cut, "is damaged ("),
        (lambda file: file.write_text("[]"), "is damaged ("),
    ],
)
def test_a_runs_tokenizer_that_is_missing_or_broken_is_reported(trained, refusal, damage, reason):
    assert len(open_tokenizer(trained, "02_dataset_creation")("soap")["input_ids"]) > 2
    damage(trained / "tokenizer.json")
    message = refusal(open_tokenizer, trained, "02_dataset_creation")
    assert reason in message
    assert "02_dataset_creation" in message


@pytest.mark.parametrize("labels", [["low", "middle", "high"], ["high", "low"]])
def test_a_trained_model_of_other_labels_is_refused(trained, refusal, labels):
    message = refusal(check_classifier, trained, labels)
    assert f"answers with low, high, its dataset has {', '.join(labels)}" in message
