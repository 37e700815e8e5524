"""From a graph in float32 to one in eight bits, a quarter of its size.

The weights of matrix products and of embeddings are stored as int8. In most products the other
factor, the states of the tokens, is turned into eight bits too, when it is computed, with a scale
for each token. So the answer to a text depends neither on the texts in the same batch nor on
padding, as it would with one scale for all (which is what ONNX Runtime's `quantize_dynamic` does).

Two kinds of products hurt most when their states are rounded: those that make the values of an
attention, which no softmax softens, and those that end a feed-forward layer, whose states have the
widest range. They multiply in float32, by weights that are stored as int8 all the same, with a
scale for each 32 of a column.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

MOST = 127  # the largest number of a symmetric int8
MIDDLE = 128  # what stands for zero in the uint8 of the tokens' states
BLOCK = 32  # weights of a column with a scale of their own, where the states stay float32
LEAST_WEIGHTS = 2**15  # a smaller matrix, such as the head's, saves nothing
PASSED_ON = ("Add", "Cast", "Reshape", "Transpose")  # what may lie between a product and attention
# Names of constants that all products share.
LARGEST, AXIS, ONE, ZERO = "int8_most", "int8_axis", "int8_one", "int8_zero"


def quantize_graph(source: Path, target: Path) -> None:
    """Read a graph in float32, and write one in which its large matrices are int8."""
    model = onnx.load(source)
    quantizer = Quantizer(model.graph)
    quantizer.run()
    onnx.save(model, target)


def quantize_columns(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a matrix of shape (K, N) as int8, and the scales of its columns, of shape (N,).

    A number times its column's scale is about the weight; the largest weight of a column is 127
    times its scale.
    """
    largest = np.abs(weights).max(axis=0)
    scales = np.where(largest > 0, largest / MOST, 1).astype(np.float32)
    return np.clip(np.rint(weights / scales), -MOST, MOST).astype(np.int8), scales


def is_narrowing(weights: np.ndarray) -> bool:
    """Tell whether a matrix of shape (K, N) makes fewer numbers of more: it ends a wide layer."""
    inputs, outputs = weights.shape
    return inputs >= 2 * outputs


class Quantizer:
    """Turns the matrix products and embeddings of one graph, in place, into eight bits."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph = graph
        self.weights = {tensor.name: tensor for tensor in graph.initializer}
        self.nodes: list[NodeProto] = []  # of the new graph, in order
        self.consumers: dict[str, list[NodeProto]] = {}
        self.producers: dict[str, NodeProto] = {}
        for node in graph.node:
            self.producers.update(dict.fromkeys(node.output, node))
            for name in node.input:
                self.consumers.setdefault(name, []).append(node)
        self.read: dict[str, tuple[str, str]] = {}  # what is in eight bits already, by its name
        self.stored: set[str] = set()

    def run(self) -> None:
        """Rewrite the graph."""
        for node in self.graph.node:
            if self.is_product(node):
                weights = self.weights_of(node)
                if is_narrowing(weights) or self.makes_values(node):
                    self.store_product(node, weights)
                else:
                    self.quantize_product(node, weights)
            elif self.is_embedding(node):
                self.quantize_embedding(node)
            else:
                self.nodes.append(node)
        del self.graph.node[:]
        self.graph.node.extend(self.nodes)
        used = {name for node in self.nodes for name in node.input}
        kept = [tensor for tensor in self.graph.initializer if tensor.name in used]
        del self.graph.initializer[:]
        self.graph.initializer.extend(kept)

    def is_large_matrix(self, name: str) -> bool:
        """Tell whether a name is that of a constant matrix that is worth its rounding."""
        tensor = self.weights.get(name)
        if tensor is None or tensor.data_type != TensorProto.FLOAT:
            return False
        return len(tensor.dims) == 2 and np.prod(tensor.dims) >= LEAST_WEIGHTS

    def is_product(self, node: NodeProto) -> bool:
        """Tell whether a node multiplies states by a large constant matrix, and no more."""
        if node.op_type not in ("MatMul", "Gemm") or not self.is_large_matrix(node.input[1]):
            return False
        settings = {attribute.name: attribute for attribute in node.attribute}
        factors = [settings[name].f for name in ("alpha", "beta") if name in settings]
        return set(factors) <= {1.0} and not ("transA" in settings and settings["transA"].i)

    def is_embedding(self, node: NodeProto) -> bool:
        """Tell whether a node looks rows up in a large constant matrix."""
        axes = [attribute.i for attribute in node.attribute if attribute.name == "axis"]
        is_lookup = node.op_type == "Gather" and set(axes) <= {0}
        return is_lookup and self.is_large_matrix(node.input[0])

    def makes_values(self, node: NodeProto) -> bool:
        """Tell whether a product's result is what an attention averages: softmax(...) · result."""
        name = node.output[0]
        while len(self.consumers.get(name, [])) == 1:
            (consumer,) = self.consumers[name]
            if consumer.op_type == "MatMul":
                weighing = self.producers.get(consumer.input[0])
                is_attention = weighing is not None and weighing.op_type == "Softmax"
                return consumer.input[1] == name and is_attention
            if consumer.op_type not in PASSED_ON:
                return False
            name = consumer.output[0]
        return False

    def weights_of(self, node: NodeProto) -> np.ndarray:
        """Return the matrix of a product, of shape (K, N), by which states are multiplied."""
        weights = numpy_helper.to_array(self.weights[node.input[1]])
        is_turned = any(setting.name == "transB" and setting.i for setting in node.attribute)
        return weights.T if is_turned else weights

    def quantize_product(self, node: NodeProto, weights: np.ndarray) -> None:
        """Put a product of whole numbers, and its scales, in the place of a node."""
        numbers, scales = quantize_columns(weights)
        whole, token_scales = self.read_states(node.input[0])
        result = node.output[0]
        product = self.add(
            "MatMulInteger",
            [whole, self.store(f"{result}_int8", numbers), self.store(ZERO, np.uint8(MIDDLE))],
            f"{result}_whole",
        )
        inner = self.add("Cast", [product], f"{result}_float", to=TensorProto.FLOAT)
        by_token = self.add("Mul", [inner, token_scales], f"{result}_by_token")
        columns = self.store(f"{result}_scales", scales)
        self.add_with_bias(node, "Mul", [by_token, columns])

    def store_product(self, node: NodeProto, weights: np.ndarray) -> None:
        """Store the weights of a product as int8; an engine makes them float32 when it loads."""
        inputs, outputs = weights.shape
        block = BLOCK if inputs % BLOCK == 0 else inputs
        blocks = weights.reshape(inputs // block, block, outputs)
        by_block = blocks.transpose(1, 0, 2).reshape(block, -1)  # each column one block
        numbers, scales = quantize_columns(by_block)
        numbers = numbers.reshape(block, -1, outputs).transpose(1, 0, 2)
        result = node.output[0]
        stored = self.store(f"{result}_int8", numbers)
        inner = self.add("Cast", [stored], f"{result}_float", to=TensorProto.FLOAT)
        scale = self.store(f"{result}_scales", scales.reshape(-1, 1, outputs))
        scaled = self.add("Mul", [inner, scale], f"{result}_blocks")
        shape = self.store(f"{result}_shape", np.array(weights.shape))
        matrix = self.add("Reshape", [scaled, shape], f"{result}_weights")
        self.add_with_bias(node, "MatMul", [node.input[0], matrix])

    def add_with_bias(self, node: NodeProto, operation: str, inputs: Sequence[str]) -> None:
        """Add what replaces a node, and the bias that the node had, if it had one."""
        result, bias = node.output[0], node.input[2:]
        if bias:
            inner = self.add(operation, inputs, f"{result}_unbiased")
            self.add("Add", [inner, bias[0]], result)
        else:
            self.add(operation, inputs, result)

    def read_states(self, name: str) -> tuple[str, str]:
        """Return the names of some states in eight bits and of their scales, one for each token."""
        if name not in self.read:
            # The least normal number keeps a row of zeros from dividing by zero.
            largest = self.store(LARGEST, np.float32(MOST))
            axis = self.store(AXIS, np.array([-1]))
            tiny = self.store("int8_tiny", np.finfo(np.float32).tiny * np.float32(MOST))
            sizes = self.add("Abs", [name], f"{name}_token_sizes")
            size = self.add("ReduceMax", [sizes, axis], f"{name}_token_size", keepdims=1)
            positive = self.add("Max", [size, tiny], f"{name}_token_positive")
            scales = self.add("Div", [positive, largest], f"{name}_token_scale")
            scaled = self.add("Div", [name, scales], f"{name}_token_scaled")
            one, zero = self.store(ONE, np.float32(1)), self.store(ZERO, np.uint8(MIDDLE))
            whole = self.add("QuantizeLinear", [scaled, one, zero], f"{name}_token_uint8")
            self.read[name] = whole, scales
        return self.read[name]

    def quantize_embedding(self, node: NodeProto) -> None:
        """Look rows up as int8 with their scales, and multiply what was found."""
        name, places = node.input
        if name not in self.read:
            numbers, scales = quantize_columns(numpy_helper.to_array(self.weights[name]).T)
            rows = self.store(f"{name}_int8", np.ascontiguousarray(numbers.T))
            self.read[name] = rows, self.store(f"{name}_scales", scales[:, None])
        rows, scales = self.read[name]
        result = node.output[0]
        found = self.add("Gather", [rows, places], f"{result}_int8")
        inner = self.add("Cast", [found], f"{result}_float", to=TensorProto.FLOAT)
        scale = self.add("Gather", [scales, places], f"{result}_scale")
        self.add("Mul", [inner, scale], result)

    def store(self, name: str, value: np.ndarray) -> str:
        """Add a constant to the graph, once for each name, and return its name."""
        if name not in self.stored:
            self.stored.add(name)
            tensor = numpy_helper.from_array(np.asarray(value), name)
            self.graph.initializer.append(tensor)
        return name

    def add(self, operation: str, inputs: Sequence[str], output: str, **settings: int) -> str:
        """Add a node to the new graph, and return the name of its output."""
        self.nodes.append(helper.make_node(operation, inputs, [output], **settings))
        return output
