"""An exported model that is opened again: what it gives, and what it refuses."""

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed (requirements-export.txt)")
onnx = pytest.importorskip("onnx", reason="ONNX is not installed (requirements-export.txt)")

from tweetsent_utils.errors import TweetsentError  # noqa: E402
from tweetsent_utils.export.onnx_classifier import OnnxClassifier  # noqa: E402
from tweetsent_utils.files import save_json  # noqa: E402


@pytest.fixture
def folder(tmp_path):
    """An export whose logits are the sum of a text's masked ids, and 0."""
    make, kind = onnx.helper, onnx.TensorProto
    shape = ["batch", "tokens"]
    names = ("input_ids", "attention_mask")
    nodes = [
        make.make_node("Mul", list(names), ["product"]),
        make.make_node("ReduceSum", ["product", "axis"], ["sum"], keepdims=1),
        make.make_node("Cast", ["sum"], ["number"], to=kind.FLOAT),
        make.make_node("Mul", ["number", "columns"], ["logits"]),
    ]
    graph = make.make_graph(
        nodes,
        "sum",
        [make.make_tensor_value_info(name, kind.INT64, shape) for name in names],
        [make.make_tensor_value_info("logits", kind.FLOAT, ["batch", 2])],
        [
            onnx.numpy_helper.from_array(np.array([1]), "axis"),
            onnx.numpy_helper.from_array(np.array([[1, 0]], np.float32), "columns"),
        ],
    )
    opset = [make.make_opsetid("", 18)]
    model = make.make_model(graph, opset_imports=opset, ir_version=10)
    onnx.save(model, tmp_path / "model.onnx")
    save_json(tmp_path / "config.json", {"id2label": {"0": "bad", "1": "good"}, "pad_token_id": 7})
    return tmp_path


def test_a_batch_of_any_shape_gives_logits(folder):
    classifier = OnnxClassifier(folder, threads=1)
    assert classifier.label_order == ["bad", "good"]
    assert classifier.pad_id == 7
    ids = np.array([[1, 2, 3], [4, 7, 7]])
    logits = classifier.logits(ids, np.array([[1, 1, 1], [1, 0, 0]]))
    assert logits.dtype == np.float32
    assert logits.tolist() == [[6, 0], [4, 0]]
    assert classifier.logits(ids[:1, :2], np.ones((1, 2), np.int32)).tolist() == [[3, 0]]


def test_a_model_that_is_not_there_or_damaged_is_named(folder):
    with pytest.raises(TweetsentError, match="model_int8.onnx"):
        OnnxClassifier(folder, "int8")
    with pytest.raises(TweetsentError, match="'fp32' or 'int8'"):
        OnnxClassifier(folder, "fp16")
    (folder / "model.onnx").write_bytes(b"half of a file")
    with pytest.raises(TweetsentError, match="model.onnx cannot be opened"):
        OnnxClassifier(folder)


def test_without_onnx_runtime_a_sentence_says_what_to_install(folder, monkeypatch):
    monkeypatch.setattr("tweetsent_utils.export.onnx_classifier.find_spec", lambda name: None)
    with pytest.raises(TweetsentError, match="requirements-export.txt"):
        OnnxClassifier(folder)
