"""`tweetsent export`: what it leaves, what it refuses, and that it opens again."""

import json

import numpy as np
import pytest
import torch
from tiny import make_tweets

from tweetsent_utils.checksums import verify_folder, write_sealed_folder
from tweetsent_utils.data.dataset import tokenize_split
from tweetsent_utils.data.split_files import load_meta, save_dataset
from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.files import save_json
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.pipeline import cli
from tweetsent_utils.pipeline.runs import RUN_FORMAT

onnx = pytest.importorskip("onnx", reason="ONNX is not installed (requirements-export.txt)")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed (requirements-export.txt)")
pd = pytest.importorskip("pandas")

from tweetsent_utils.export import quantization  # noqa: E402
from tweetsent_utils.export.onnx_classifier import OnnxClassifier  # noqa: E402


@pytest.fixture
def run(outputs, tiny_encoder, label_order):
    """A run whose model labels a text by its head's bias alone, and is right about half of it."""
    folder = outputs / "tiny"
    folder.mkdir(parents=True)
    save_json(folder / "environment.json", {"run_format": RUN_FORMAT})
    tokenizer = load_tokenizer(tiny_encoder, "words", 24)
    tweets = pd.DataFrame(make_tweets(4, 0), columns=["text", "class_name"])
    tweets["label"] = [3, 0] * (len(tweets) // 2)
    tweets["day"] = pd.NaT
    tweets["day"] = pd.to_datetime(tweets["day"])
    table = tokenize_split(tweets, tokenizer)
    meta = {"label_order": label_order, "ordered": True}
    save_dataset(folder, {"test": table, "validation": table[:0]}, tokenizer, meta)
    torch.manual_seed(0)
    model = load_classifier(tiny_encoder, label_order).eval()
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor([0.0, 0, 0, 9, 0]))

    def write(target):
        model.save_pretrained(target)
        tokenizer.save_pretrained(target)
        save_json(target / "dataset.json", load_meta(folder))

    write_sealed_folder(folder / "model", write)
    return folder


def ruin(source, target):
    """Write a graph that answers every text with the first class but one."""
    model = onnx.load(source)
    for tensor in model.graph.initializer:
        if tensor.dims == [5]:
            tensor.CopyFrom(
                onnx.numpy_helper.from_array(np.array([0, 9, 0, 0, 0], np.float32), tensor.name)
            )
    onnx.save(model, target)


@pytest.mark.slow
def test_an_export_is_scored_kept_and_opens_again(run, capsys):
    assert cli.main(["export", "--run", "tiny", "--threads", "1"]) == 0
    folder = verify_folder(run / "onnx", "03_training")
    record = json.loads((folder / "export.json").read_text())
    assert record["kept"] == ["fp32", "int8"]
    for row in record["models"].values():
        assert row["accuracy"] == 0.5
        assert row["agreement"] == 1
        assert row["bytes"] > 0
    printed = capsys.readouterr().out
    assert "ONNX int8" in printed
    assert str(folder) in printed
    classifier = OnnxClassifier(folder, "int8", threads=1)
    logits = classifier.logits(np.array([[2, 3]]), np.array([[1, 1]]))
    assert logits.argmax() == 3


@pytest.mark.slow
def test_an_export_that_loses_accuracy_is_refused_unless_it_is_asked_for(run, monkeypatch, capsys):
    monkeypatch.setattr(quantization, "quantize_graph", ruin)
    assert cli.main(["export", "--run", "tiny", "--threads", "1"]) == 1
    error = capsys.readouterr().err
    assert "0.0%" in error
    assert "50.0%" in error
    assert "--keep" in error
    assert (run / "onnx" / "model.onnx").exists()
    assert not (run / "onnx" / "model_int8.onnx").exists()
    assert cli.main(["export", "--run", "tiny", "--threads", "1", "--keep"]) == 0
    record = json.loads((run / "onnx" / "export.json").read_text())
    assert record["refused"] == ["int8"]
    assert (run / "onnx" / "model_int8.onnx").exists()


def test_a_run_without_a_model_is_named(outputs, capsys):
    assert cli.main(["export", "--run", "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_a_number_of_threads_that_cannot_be_is_refused(capsys):
    with pytest.raises(SystemExit):
        cli.main(["export", "--threads", "-1"])
    assert "--threads" in capsys.readouterr().err
