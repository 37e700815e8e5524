"""A classifier as a graph: the same logits for every batch, and a sentence where there's none."""

import pytest
import torch
from families import save_encoder

pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
onnx = pytest.importorskip("onnx", reason="ONNX is not installed (requirements-export.txt)")

from tweetsent_utils.data.tokenizing import load_tokenizer, tokenize  # noqa: E402
from tweetsent_utils.errors import TweetsentError  # noqa: E402
from tweetsent_utils.evaluation.calibration import apply_temperature  # noqa: E402
from tweetsent_utils.export.comparison import require_same_graph  # noqa: E402
from tweetsent_utils.export.graph import export_graph, open_for_export  # noqa: E402
from tweetsent_utils.export.onnx_classifier import OnnxClassifier  # noqa: E402
from tweetsent_utils.model.classifier import load_classifier  # noqa: E402

TEXTS = ["soap bread queue", "", "panic happy love hate empty full no soap bread", "shop"]


def save_model(encoder, folder, **options):
    """Save a classifier on an encoder as a run does, calibrated; return its tokenizer."""
    tokenizer = load_tokenizer(encoder, "words", 24)
    torch.manual_seed(0)
    classifier = load_classifier(
        encoder,
        ["bad", "so-so", "good"],
        pad_token_id=tokenizer.pad_token_id,
        **options,
    )
    apply_temperature(classifier, 0.5)
    classifier.save_pretrained(folder)
    return tokenizer


def test_a_mean_pooled_model_answers_as_in_torch(tiny_encoder, tmp_path):
    tokenizer = save_model(tiny_encoder, tmp_path, pooling="mean")
    classifier = open_for_export(tmp_path)
    export_graph(classifier, tmp_path / "model.onnx")
    require_same_graph(classifier, OnnxClassifier(tmp_path, threads=1), tokenize(TEXTS, tokenizer))
    assert classifier.config.num_hidden_layers == 3


def test_no_path_of_this_machine_is_in_the_file(tiny_encoder, tmp_path):
    save_model(tiny_encoder, tmp_path)
    export_graph(open_for_export(tmp_path), tmp_path / "model.onnx")
    content = (tmp_path / "model.onnx").read_bytes()
    assert b"site-packages" not in content
    assert str(tmp_path).encode() not in content


@pytest.mark.slow
@pytest.mark.parametrize("family", ["bert", "roberta", "mpnet"])
def test_other_families_answer_as_in_torch(family, tmp_path):
    tokenizer = save_model(save_encoder(family, tmp_path / "encoder"), tmp_path / "model")
    classifier = open_for_export(tmp_path / "model")
    export_graph(classifier, tmp_path / "model" / "model.onnx")
    exported = OnnxClassifier(tmp_path / "model", threads=1)
    require_same_graph(classifier, exported, tokenize(TEXTS, tokenizer))


def test_what_torch_cannot_export_is_said_in_a_sentence(tiny_encoder, tmp_path, monkeypatch):
    save_model(tiny_encoder, tmp_path)

    def fail(*arguments, **options):
        raise RuntimeError("an operation without a translation")

    monkeypatch.setattr(torch.onnx, "export", fail)
    with pytest.raises(TweetsentError, match="distilbert.*without a translation"):
        export_graph(open_for_export(tmp_path), tmp_path / "model.onnx")


def test_a_graph_with_other_answers_is_refused(tiny_encoder, tmp_path):
    tokenizer = save_model(tiny_encoder, tmp_path)
    classifier = open_for_export(tmp_path)
    export_graph(classifier, tmp_path / "model.onnx")
    with torch.no_grad():
        classifier.classifier.bias += 1
    exported = OnnxClassifier(tmp_path, threads=1)
    with pytest.raises(TweetsentError, match="other logits"):
        require_same_graph(classifier, exported, tokenize(TEXTS, tokenizer))
