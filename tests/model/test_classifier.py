"""A fresh head on an encoder: its labels, its weights, and what of the encoder's settings stays."""

import shutil

import pytest
import torch
from families import save_encoder
from transformers import AutoModel, AutoModelForSequenceClassification

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.model.classifier import load_classifier


@pytest.mark.parametrize("labels", [["no", "yes"], ["e", "d", "c", "b", "a"]])
def test_classifier_has_a_logit_per_label_and_the_labels_in_order(tiny_encoder, labels):
    model = load_classifier(tiny_encoder, labels)
    assert model.config.id2label == dict(enumerate(labels))
    assert model.config.label2id == {label: rank for rank, label in enumerate(labels)}
    assert model(torch.tensor([[2, 3]])).logits.shape == (1, len(labels))


def test_body_keeps_its_weights_and_the_seed_decides_the_head(tiny_encoder, label_order):
    def load(seed: int) -> torch.nn.Module:
        torch.manual_seed(seed)
        return load_classifier(tiny_encoder, label_order)

    first, again, other = load(1), load(1), load(2)
    weights = first.base_model.state_dict()
    for name, weight in AutoModel.from_pretrained(tiny_encoder).state_dict().items():
        assert torch.equal(weights[name], weight), name
    assert torch.equal(first.classifier.weight, again.classifier.weight)
    assert not torch.equal(first.classifier.weight, other.classifier.weight)


def test_classifier_reads_no_pickled_weights(tiny_encoder, tmp_path, label_order):
    folder = shutil.copytree(tiny_encoder, tmp_path / "encoder")
    (folder / "model.safetensors").unlink()
    weights = AutoModel.from_pretrained(tiny_encoder).state_dict()
    torch.save(weights, folder / "pytorch_model.bin")
    AutoModelForSequenceClassification.from_pretrained(folder, use_safetensors=False)
    with pytest.raises(TweetsentError, match="safetensors"):
        load_classifier(folder, label_order)


def test_half_precision_encoder_for_many_labels_is_trained_in_float32_for_one(
    tiny_encoder, tmp_path, label_order
):
    encoder = AutoModel.from_pretrained(tiny_encoder, dtype=torch.bfloat16)
    encoder.config.problem_type = "multi_label_classification"
    encoder.save_pretrained(tmp_path)
    model = load_classifier(tmp_path, label_order)
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    # With this, a pipeline takes the softmax.
    assert model.config.problem_type == "single_label_classification"


@pytest.mark.parametrize("family", ["distilbert", "bert", "roberta"])
def test_both_dropouts_replace_the_encoders_own(make_encoder, family, label_order):
    model = load_classifier(
        make_encoder(family), label_order, attention_dropout=0.3, hidden_dropout=0.0
    )
    encoder = model.base_model
    rates = {
        name: part.p for name, part in encoder.named_modules() if isinstance(part, torch.nn.Dropout)
    }
    of_attention = {name for name in rates if name.endswith((".self.dropout", "attention.dropout"))}
    assert {rates[name] for name in of_attention} == {0.3}
    assert {rate for name, rate in rates.items() if name not in of_attention} == {0.0}


def test_attention_dropout_of_a_decoder_is_replaced_too(tmp_path, label_order):
    model = load_classifier(save_encoder("gpt2", tmp_path), label_order, attention_dropout=0.3)
    layers = model.transformer.h
    assert [layer.attn.attn_dropout.p for layer in layers] == [0.3, 0.3]
    assert [layer.attn.resid_dropout.p for layer in layers] == [0.1, 0.1]
