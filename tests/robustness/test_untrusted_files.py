"""Nothing that is read is run: files from elsewhere may be hostile."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from tweetsent_utils.checksums import write_sealed_folder
from tweetsent_utils.data.labels import label_ids
from tweetsent_utils.data.reading import read_tweets
from tweetsent_utils.data.tokenizing import load_tokenizer, open_tokenizer
from tweetsent_utils.files import load_yaml
from tweetsent_utils.model.classifier import check_classifier, load_classifier
from tweetsent_utils.pipeline.parameters import check_parameters, gather_parameters
from tweetsent_utils.training.checkpoints import load_checkpoint

LABELS = ["low", "high"]


class Hostile:
    """An object that makes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple:
        return open, (str(self.file), "w")


def change_json(file: Path, **changes: object) -> None:
    """Change some entries of a JSON file."""
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


@pytest.fixture
def ran(tmp_path):
    """The file that hostile code would make: it must not be there at the end."""
    yield tmp_path / "ran"
    assert not (tmp_path / "ran").exists()


def test_an_encoder_that_brings_code_is_refused(broken, ran, refusal):
    auto_map = {
        "AutoConfig": "hostile.Config",
        "AutoModelForSequenceClassification": "hostile.Model",
    }
    change_json(broken / "config.json", model_type="hostile", auto_map=auto_map)
    (broken / "hostile.py").write_text(f"open({str(ran)!r}, 'w').close()")
    assert "cannot be loaded" in refusal(load_classifier, broken, LABELS)
    assert "cannot be loaded" in refusal(load_tokenizer, broken, "raw", 16)


@pytest.fixture
def trained(tiny_encoder, tmp_path):
    """A trained model's folder as notebook 03 leaves it, with a file of code in it."""
    folder = tmp_path / "model"
    load_classifier(tiny_encoder, LABELS).save_pretrained(folder)
    load_tokenizer(tiny_encoder, "raw", 32).save_pretrained(folder)
    (folder / "hostile.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    return folder


@pytest.mark.parametrize(
    ("name", "auto_map"),
    [
        ("config.json", {"AutoModelForSequenceClassification": "hostile.Model"}),
        ("config.json", {"AutoConfig": "hostile.Config", "AutoTokenizer": ["hostile.A", None]}),
        ("tokenizer_config.json", {"AutoTokenizer": [None, "hostile.Tokenizer"]}),
    ],
)
@pytest.mark.parametrize("model_type", ["distilbert", "hostile"])
def test_a_run_whose_model_brings_code_is_refused(
    trained, ran, refusal, name, auto_map, model_type
):
    change_json(trained / "config.json", model_type=model_type)
    change_json(trained / name, auto_map=auto_map)
    assert "auto_map" in refusal(check_classifier, trained, LABELS)
    if name == "tokenizer_config.json":
        open_tokenizer(trained, "03_training")  # as the class that transformers itself has


def test_a_run_whose_weights_are_pickled_is_refused(trained, ran, refusal):
    (trained / "model.safetensors").unlink()
    torch.save(Hostile(ran), trained / "pytorch_model.bin")
    assert "model.safetensors is not there" in refusal(check_classifier, trained, LABELS)


def test_pickled_weights_next_to_whole_ones_are_not_read(trained, ran):
    torch.save(Hostile(ran), trained / "pytorch_model.bin")
    folder = check_classifier(trained, LABELS)
    AutoModelForSequenceClassification.from_pretrained(folder)


def test_an_encoder_that_transformers_knows_needs_none_of_the_code_it_brings(broken, ran, tmp_path):
    (broken / "hostile.py").write_text(f"open({str(ran)!r}, 'w').close()")
    auto_map = {"AutoConfig": "hostile.Config", "AutoTokenizer": ["hostile.A", "hostile.B"]}
    change_json(broken / "config.json", auto_map=auto_map, custom_pipelines={"x": {}})
    change_json(broken / "tokenizer_config.json", auto_map=auto_map)
    load_classifier(broken, LABELS).save_pretrained(tmp_path / "model")
    load_tokenizer(broken, "raw", 16).save_pretrained(tmp_path / "model")
    check_classifier(tmp_path / "model", LABELS)


@pytest.mark.parametrize("name", ["attn_implementation", "_attn_implementation"])
def test_attention_from_the_hub_is_not_fetched(broken, trained, refusal, name):
    change_json(broken / "config.json", **{name: "hostile/kernel"})
    assert load_classifier(broken, LABELS).config._attn_implementation == "sdpa"
    change_json(trained / "config.json", **{name: "hostile/kernel"})
    assert name in refusal(check_classifier, trained, LABELS)


def test_pickled_weights_are_refused(broken, ran, refusal):
    (broken / "model.safetensors").unlink()
    torch.save(Hostile(ran), broken / "pytorch_model.bin")
    assert "cannot be loaded" in refusal(load_classifier, broken, LABELS)


def test_a_checkpoint_with_pickled_code_is_refused(tmp_path, ran, refusal):
    def write(checkpoint: Path) -> None:
        progress = {"settings": {}, "history": [{}]}
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


# Ten times ten times ten ... lists: written out, they take more than any memory.
UNFOLDING = "a0: &a0 [x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 20)
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (UNFOLDING, "aliases are not allowed"),
        ("label_order: &all [*all]\n", "aliases are not allowed"),
        ("label_order: " + "[" * 50_000, "too deep"),
        ("label_order: " + "[" * 5_000 + "]" * 5_000, "too deep"),
        ("- " * 40_000 + "x", "too deep"),
        ("encoder: " + "x" * 10**6, "1,000,009 bytes"),
        ("seed: " + "9" * 5_000, "does not hold YAML"),
        ("seed: 0x" + "f" * 5_000, "seed is"),
        ("? 0x" + "f" * 5_000 + "\n: 1", "no notebook declares a parameter"),
        ("seed: {a: {b: [1, 2]}}", "seed is {'a': {'b': [1, 2]}}: give a value of type int"),
        ("seed: " + "{a: " * 200 + "}" * 200, "seed is {'a': {'a':"),
        ("cleaning: " + "x" * 50_000, "choose one of raw"),
        ("x" * 50_000 + ": 1", "does not hold YAML"),
        ("? [a, b]\n: 1", "does not hold YAML"),
        ("label_order: [" + "low, " * 9_000 + "low]", "label_order is"),
        ('"\\e[2J": 1', r"a parameter '\x1b[2J'"),
    ],
)
def test_yaml_that_is_no_list_of_parameters_is_refused_at_once(tmp_path, refusal, content, reason):
    (tmp_path / "mine.yaml").write_text(content)
    assert reason in refusal(gather_parameters, tmp_path / "mine.yaml")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes among files here")
def test_a_parameter_file_without_an_end_is_refused(tmp_path, refusal):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zeros.yaml").symlink_to("/dev/zero")
    for name in ("pipe.yaml", "zeros.yaml"):
        assert "is a pipe or a device" in refusal(gather_parameters, tmp_path / name)


@pytest.mark.parametrize("value", ["[" * 50_000, "[&a x, *a]", "0x" + "f" * 5_000, "9" * 5_000])
def test_a_parameter_in_odd_yaml_is_refused(refusal, value):
    assert "seed is" in refusal(check_parameters, {"seed": value})


def test_control_characters_of_a_file_are_shown_as_escapes(tmp_path, refusal, capsys):
    """A terminal would obey them: they clear the screen, ring, and turn letters around."""
    file = tmp_path / "tweets.csv"
    odd = "\x1b[2J\x07\u202e\x9b"
    for content in (
        f"{odd},text\na,b\n",
        f"a,b\nfull shelves,{odd}\nno queue,{odd}\nx,b\n",
        f"text,label\na,{odd}\n",
    ):
        file.write_text(content, encoding="utf-8")
        message = refusal(
            lambda: label_ids(read_tweets(file, "text", "label")["label"], LABELS, file)
        )
        assert message.isprintable()
    file = tmp_path / "tweets.jsonl"
    file.write_text(json.dumps({"text": {odd: odd}, "label": odd}))
    assert refusal(read_tweets, file, "text", "label").isprintable()
    label_ids(pd.Series([f"{odd} Low"]), [f"{odd} low", "high"], file)
    assert capsys.readouterr().out.strip().isprintable()
    for order in ([f"low{odd}", "high"], ["x" * 10**6, odd]):
        message = refusal(label_ids, pd.Series(["y" * 10**6]), order * 1000, file)
        assert message.isprintable()
