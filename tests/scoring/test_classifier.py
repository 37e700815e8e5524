"""The classifier that every notebook and command uses: right answers, in their order, none lost."""

import json
import math

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import softmax

from tweetsent_utils.data.tokenizing import tokenize
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.inference import inference
from tweetsent_utils.scoring import classifier as classifier_module
from tweetsent_utils.scoring.answers import name_labels
from tweetsent_utils.scoring.classifier import TweetClassifier, open_classifier, round_weights
from tweetsent_utils.training.step import eval_step

TEXTS = [f"{'good people help ' * (number % 5)}panic {number}" for number in range(21)]


@pytest.fixture(scope="module")
def classifier(model, tokenizer) -> TweetClassifier:
    return TweetClassifier(model.eval(), tokenizer)


@pytest.fixture
def folder(model, tokenizer, tmp_path):
    """A run's folder with a model."""
    model.save_pretrained(tmp_path / "run" / "model")
    tokenizer.save_pretrained(tmp_path / "run" / "model")
    return tmp_path / "run"


@pytest.mark.parametrize("window", [4, 16_384])
def test_each_text_has_the_answer_that_it_has_alone(classifier, monkeypatch, window):
    monkeypatch.setattr(classifier_module, "WINDOW", window)
    table = classifier.score(TEXTS)
    assert list(table.index) == list(range(21))
    for row, text in enumerate(TEXTS):
        ids = torch.tensor(tokenize([text], classifier.tokenizer))
        with torch.no_grad():
            alone = softmax(classifier.model(ids).logits[0].numpy())
        row = table.iloc[row]
        found = [row[f"p_{name}"] for name in classifier.label_order]
        np.testing.assert_allclose(found, alone, atol=1e-5)
        assert row["label"] == classifier.label_order[alone.argmax()]
        assert row["confidence"] == pytest.approx(alone.max(), abs=1e-5)
    assert (table["unreadable"] == "").all() and not table["cut"].any()


def test_a_column_keeps_its_index_and_nothing_gives_an_empty_table(classifier):
    column = pd.Series(TEXTS[:3], index=[7, 5, 9])
    assert list(classifier.score(column).index) == [7, 5, 9]
    empty = classifier.score([])
    assert len(empty) == 0 and "label" in empty and "p_Neutral" in empty
    assert classifier.probabilities([]).shape == (0, 5)


def test_what_is_no_text_stays_in_its_place_with_a_reason(classifier):
    values = ["sad queue", None, math.nan, " \n", 19, ["a", "list"], b"bytes", "#tag", "sad queue"]
    table = classifier.score(values)
    reasons = table["unreadable"].tolist()
    assert reasons[0] == reasons[4] == reasons[8] == ""
    assert reasons[1] == reasons[2] == reasons[3] == "no text"
    assert reasons[5] == "list, and no text" and reasons[6] == "bytes, and no text"
    assert reasons[7] == "no word of it is left"  # the cleaning drops hashtags
    is_unread = table["unreadable"] != ""
    assert table["label"].isna().tolist() == is_unread.tolist()
    assert table.loc[is_unread, "confidence"].isna().all()
    assert table.loc[is_unread, "unsure"].all()
    assert table.loc[0].drop("cut").equals(table.loc[8].drop("cut"))


def test_half_a_letter_and_other_signs_are_read_as_what_they_are(classifier):
    table = classifier.score(["sad \ud83d queue", "caf\u00e9 \U0001f600", "\u202e"])
    assert table["unreadable"].tolist() == ["", "", "no word of it is left"]


def test_equal_texts_are_read_once(classifier):
    answers = classifier.read(["sad", "best", "sad", None, "sad", "", "#gone"])
    assert answers.distinct == 3
    np.testing.assert_array_equal(answers.probabilities[0], answers.probabilities[4])


def test_a_text_that_is_too_long_is_marked_and_one_that_just_fits_is_not(classifier):
    table = classifier.score(["people " * 22, "people " * 23, "people"])
    assert table["cut"].tolist() == [False, True, False]


def test_below_the_threshold_an_answer_is_unsure(model, tokenizer):
    confidence = TweetClassifier(model, tokenizer).score(TEXTS)["confidence"]
    middle = float(confidence.median())
    table = TweetClassifier(model, tokenizer, unsure_below=middle).score(TEXTS)
    assert table["unsure"].tolist() == (confidence < middle).tolist()
    assert 0 < table["unsure"].sum() < 21


def test_the_probabilities_are_those_of_the_lines_in_notebook_4(classifier):
    expected = inference(TEXTS, classifier.model, classifier.tokenizer)
    np.testing.assert_allclose(classifier.probabilities(TEXTS), expected, atol=1e-5)


def test_a_run_opens_in_the_precision_that_it_was_trained_in(folder):
    (folder / "precision.json").write_text(json.dumps({"precision": "bf16"}))
    assert open_classifier(folder, device="cpu").precision == torch.bfloat16
    assert open_classifier(folder / "model", device="cpu").precision == torch.bfloat16
    opened = open_classifier(folder, device="cpu", precision="fp32")
    assert opened.precision == torch.float32
    assert opened.name == "model"


def test_rounded_weights_give_the_bits_of_autocast(folder, tokenizer):
    model = open_classifier(folder, device="cpu", precision="fp32").model
    ids = torch.tensor(tokenize(["good people help in the queue"], tokenizer))
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    before = eval_step(model, batch, torch.bfloat16)
    round_weights(model, torch.bfloat16)
    assert torch.equal(eval_step(model, batch, torch.bfloat16), before)


def test_a_folder_without_a_model_or_with_a_changed_one_is_refused(folder, tmp_path):
    with pytest.raises(TweetsentError, match="no folder .*nowhere: name"):
        open_classifier(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(TweetsentError, match="empty"):
        open_classifier(tmp_path / "empty")
    weights = folder / "model" / "model.safetensors"
    (folder / "model" / "SHA256SUMS").write_text(f"{'0' * 64}  {weights.name}\n")
    with pytest.raises(TweetsentError, match=r"model\.safetensors is damaged"):
        open_classifier(folder)


def test_code_in_a_model_folder_is_not_run(folder, tmp_path):
    config = json.loads((folder / "model" / "config.json").read_text())
    config["auto_map"] = {"AutoModelForSequenceClassification": "evil.Evil"}
    (folder / "model" / "config.json").write_text(json.dumps(config))
    (folder / "model" / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    open_classifier(folder, device="cpu")
    assert not (tmp_path / "ran").exists()


def test_labels_are_missing_where_there_are_no_probabilities():
    probabilities = np.array([[0.2, 0.8], [np.nan, np.nan]], dtype=np.float32)
    assert name_labels(probabilities, ["bad", "good"]).tolist()[0] == "good"
    assert name_labels(probabilities, ["bad", "good"]).isna().tolist() == [False, True]


@pytest.mark.parametrize("precision", ["fp32", "bf16", "bf16-weights"])
def test_a_precision_is_known_by_its_name_and_answers_alike(folder, classifier, precision):
    opened = open_classifier(folder, device="cpu", precision=precision)
    assert opened.precision_name == precision
    expected = classifier.probabilities(TEXTS)
    np.testing.assert_allclose(opened.probabilities(TEXTS), expected, atol=0.05)


class Exported:
    """What stands for an exported model: the longer a text, the higher its class."""

    label_order = ["short", "long"]
    pad_id = 0

    def __init__(self, folder, precision, threads):
        self.path = folder / f"model_{precision}.onnx"

    def logits(self, input_ids, attention_mask):
        assert input_ids.dtype == attention_mask.dtype == np.int64
        lengths = attention_mask.sum(axis=1)
        return np.stack([6.0 - lengths, lengths - 6.0], axis=1).astype(np.float32)


def test_an_exported_model_answers_through_the_same_door(folder, tokenizer, monkeypatch):
    monkeypatch.setattr(classifier_module, "OnnxClassifier", Exported)
    tokenizer.save_pretrained(folder / "onnx")
    opened = open_classifier(folder, "tiny", precision="int8")
    table = opened.score(["sad", "good people help in the queue", None, "sad"])
    assert table["label"].dropna().tolist() == ["short", "long", "short"]
    assert table["label"].isna().tolist() == [False, False, True, False]
    assert opened.precision_name == "model_int8"
    assert opened.temperature == 1.0
