"""Nothing that is read is run: files from elsewhere may be hostile."""

import json
from pathlib import Path

import pytest
import torch

from tweetsent_utils.checksums import write_sealed_folder
from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.files import load_yaml
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.pipeline.parameters import check_parameters, gather_parameters
from tweetsent_utils.training.checkpoints import load_checkpoint

LABELS = ["low", "high"]


class Hostile:
    """An object that makes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple:
        return open, (str(self.file), "w")


@pytest.fixture
def ran(tmp_path):
    """The file that hostile code would make: it must not be there at the end."""
    yield tmp_path / "ran"
    assert not (tmp_path / "ran").exists()


def test_an_encoder_that_brings_code_is_refused(broken, ran, refusal):
    config = json.loads((broken / "config.json").read_text())
    auto_map = {
        "AutoConfig": "hostile.Config",
        "AutoModelForSequenceClassification": "hostile.Model",
    }
    config |= {"model_type": "hostile", "auto_map": auto_map}
    (broken / "config.json").write_text(json.dumps(config))
    (broken / "hostile.py").write_text(f"open({str(ran)!r}, 'w').close()")
    assert "cannot be loaded" in refusal(load_classifier, broken, LABELS)
    load_tokenizer(broken, "raw", 16)  # reads tokenizer.json, and needs no code


def test_pickled_weights_are_refused(broken, ran, refusal):
    (broken / "model.safetensors").unlink()
    torch.save(Hostile(ran), broken / "pytorch_model.bin")
    assert "cannot be loaded" in refusal(load_classifier, broken, LABELS)


def test_a_checkpoint_with_pickled_code_is_refused(tmp_path, ran, refusal):
    def write(checkpoint: Path) -> None:
        progress = {"settings": {}, "history": [0.5]}
        (checkpoint / "progress.json").write_text(json.dumps(progress))
        torch.save(Hostile(ran), checkpoint / "state.pt")

    write_sealed_folder(tmp_path / "step-00000001", write)
    parts = {"model": torch.nn.Linear(1, 1)}
    message = refusal(load_checkpoint, tmp_path, parts, {})
    assert "step-00000001 cannot be read" in message


def test_yaml_that_calls_is_refused(tmp_path, ran, refusal):
    call = f"!!python/object/apply:builtins.open [{ran}, w]"
    (tmp_path / "mine.yaml").write_text(f"seed: {call}\n")
    assert "mine.yaml does not hold" in refusal(gather_parameters, tmp_path / "mine.yaml")
    assert "mine.yaml is damaged" in refusal(load_yaml, tmp_path / "mine.yaml")
    assert "seed is" in refusal(check_parameters, {"seed": call})
