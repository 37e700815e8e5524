"""From a trained model to files that other engines run: ONNX, in float32 and in eight bits."""
