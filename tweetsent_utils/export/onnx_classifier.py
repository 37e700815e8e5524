"""A model that was exported to ONNX, answered by ONNX Runtime on the CPU."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from tweetsent_utils.errors import TweetsentError, user_error
from tweetsent_utils.files import load_json

# The names that other tools of the field look for in such a folder.
MODEL_FILES = {"fp32": "model.onnx", "int8": "model_int8.onnx"}
PACKAGES = {"onnx": "ONNX", "onnxscript": "ONNX Script", "onnxruntime": "ONNX Runtime"}


class OnnxClassifier:
    """An exported classifier, which turns batches of token ids into logits without PyTorch.

    `folder` is a run's `onnx/`, as `tweetsent export` writes it; `precision` names one of its two
    models, "fp32" or "int8". `threads` is how many cores one batch may use; 0 means all of them.
    Raises `TweetsentError` if ONNX Runtime is not installed, and for a folder without such a model
    or with a damaged one.
    """

    def __init__(self, folder: str | Path, precision: str = "fp32", threads: int = 0) -> None:
        require_packages("onnxruntime")
        import onnxruntime  # of an extra: whoever exports nothing does without it

        self.path = find_export(Path(folder), precision)
        config = load_json(self.path.with_name("config.json"))
        names = config.get("id2label", {})
        self.label_order = [names[str(rank)] for rank in range(len(names))]
        self.pad_id = config.get("pad_token_id") or 0
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors; its warnings are about the graph, not the answers
        # Threads that wait sleep. Otherwise they spin, and starve whatever else the machine does.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        remedy = "export the model again with tweetsent export"
        with user_error(f"{self.path} cannot be opened", remedy, Exception):
            self.session = onnxruntime.InferenceSession(
                str(self.path),
                options,
                providers=["CPUExecutionProvider"],
            )

    def logits(self, input_ids: np.ndarray, attention_mask: np.ndarray) -> np.ndarray:
        """Return the logits of B texts, float32 of shape (B, classes).

        Both arrays hold whole numbers and have shape (B, L): token ids, padded with `pad_id`, and
        1 on tokens, 0 on padding. The logits have been divided by the model's temperature already,
        so that their softmax gives its calibrated probabilities.
        """
        inputs = {
            "input_ids": np.asarray(input_ids, dtype=np.int64),
            "attention_mask": np.asarray(attention_mask, dtype=np.int64),
        }
        (logits,) = self.session.run(["logits"], inputs)
        return logits


def find_export(folder: Path, precision: str) -> Path:
    """Return the file of an exported model; raises `TweetsentError` if there is none."""
    if precision not in MODEL_FILES:
        known = " or ".join(repr(name) for name in MODEL_FILES)
        raise TweetsentError(f"precision is {precision!r} for an exported model: give {known}")
    path = folder / MODEL_FILES[precision]
    if not path.is_file():
        what = f"there is no {path}, a model in {precision}"
        raise TweetsentError(f"{what}: tweetsent export --run NAME writes it")
    return path


def require_packages(*names: str) -> None:
    """Raise a `TweetsentError` that says what to install unless some packages are there."""
    missing = [PACKAGES[name] for name in names if find_spec(name) is None]
    if missing:
        what = f"this needs {' and '.join(missing)}, which is not installed"
        raise TweetsentError(f"{what}: python -m pip install -r requirements-export.txt")
