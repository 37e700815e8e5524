"""Eight bits: what is stored, how near the answers are, and that neighbours change nothing."""

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="ONNX is not installed (requirements-export.txt)")
runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")

from tweetsent_utils.export.quantization import quantize_columns, quantize_graph  # noqa: E402

WORDS, WIDTH, WIDE, CLASSES = 1000, 64, 1024, 3


def test_each_column_has_the_scale_of_its_largest_weight():
    weights = np.array([[1.27, 0.0, 10.0], [-0.635, 0.0, 127.0]], np.float32)
    numbers, scales = quantize_columns(weights)
    assert numbers.tolist() == [[127, 0, 10], [-64, 0, 127]]
    assert scales == pytest.approx([0.01, 1, 1])


@pytest.fixture(scope="module")
def graphs(tmp_path_factory) -> tuple[Path, Path]:
    """A small network in float32 and in int8: words, a wide layer, classes for each word."""
    folder = tmp_path_factory.mktemp("graphs")
    random = np.random.default_rng(0)
    make, kind = onnx.helper, onnx.TensorProto
    weights = {
        "words": random.normal(size=(WORDS, WIDTH)),
        "widen": random.normal(size=(WIDTH, WIDE)) / 8,
        "widen_bias": random.normal(size=WIDE),
        "narrow": random.normal(size=(WIDE, WIDTH)) / 32,
        "turned": random.normal(size=(WIDE, WIDTH)) / 8,
        "head": random.normal(size=(WIDE, CLASSES)) / 32,
    }
    nodes = [
        make.make_node("Gather", ["words", "ids"], ["found"]),
        make.make_node("MatMul", ["found", "widen"], ["wide_product"]),
        make.make_node("Add", ["wide_product", "widen_bias"], ["wide"]),
        make.make_node("Relu", ["wide"], ["states"]),
        make.make_node("MatMul", ["states", "narrow"], ["narrowed"]),
        make.make_node("Gemm", ["narrowed", "turned", "widen_bias"], ["wider"], transB=1),
        make.make_node("MatMul", ["wider", "head"], ["logits"]),
    ]
    graph = make.make_graph(
        nodes,
        "network",
        [make.make_tensor_value_info("ids", kind.INT64, ["tokens"])],
        [make.make_tensor_value_info("logits", kind.FLOAT, ["tokens", CLASSES])],
        [
            onnx.numpy_helper.from_array(value.astype(np.float32), name)
            for name, value in weights.items()
        ],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, folder / "fp32.onnx")
    quantize_graph(folder / "fp32.onnx", folder / "int8.onnx")
    return folder / "fp32.onnx", folder / "int8.onnx"


def ask(path: Path, ids: list[int]) -> np.ndarray:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"ids": np.array(ids)})[0]


def test_large_matrices_are_int8_and_the_file_a_quarter(graphs):
    full, small = graphs
    onnx.checker.check_model(str(small), full_check=True)
    stored = {
        tensor.name: tensor.data_type
        for tensor in onnx.load(small).graph.initializer
        if np.prod(tensor.dims) >= 2**15
    }
    assert len(stored) == 4
    assert set(stored.values()) == {onnx.TensorProto.INT8}
    assert small.stat().st_size < 0.3 * full.stat().st_size


def test_answers_are_near(graphs):
    full, small = graphs
    ids = list(range(0, WORDS, 10))
    expected, found = ask(full, ids), ask(small, ids)
    assert np.abs(found - expected).max() < 0.03 * np.abs(expected).max()


def test_a_token_s_neighbours_do_not_change_its_answer(graphs):
    _, small = graphs
    ids = list(range(0, WORDS, 50))
    together = ask(small, ids)
    alone = np.concatenate([ask(small, [number]) for number in ids])
    assert together == pytest.approx(alone, abs=1e-5)
