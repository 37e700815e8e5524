"""The playground: what somebody who types sees, and that hostile texts stay texts."""

import asyncio
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch

from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.explanation import word_effects
from tweetsent_utils.evaluation.inference import inference
from tweetsent_utils.explore import live_html
from tweetsent_utils.explore.examples import Example
from tweetsent_utils.explore.played_text import PlayedText
from tweetsent_utils.explore.playground import make_panel, playground
from tweetsent_utils.explore.pushes import push_words
from tweetsent_utils.explore.weighing import Push, Weighing
from tweetsent_utils.model.classifier import load_classifier
from tweetsent_utils.scoring.classifier import TweetClassifier, open_classifier

TEXT = "sad queue, @shop. Best heroes #panic!"
HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "$x$ & &amp; \x1b[31mred\x1b[0m",
    "\u202egnp.exe \u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd",
    "zero\u200bwidth \u200d\ufeff",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\ud83d",  # half of an emoji
    "",
    " \n\t ",
    "<b>word</b> " * 900,
    "x" * 10_000,
]


@pytest.fixture(scope="module")
def make_reader(tiny_encoder: Path):
    """A function that makes a tiny model's reader, by its classes and its cleaning."""

    def make(labels: list[str], cleaning: str = "words", name: str = "tiny", seed: int = 0):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = load_classifier(tiny_encoder, labels).eval()
        return TweetClassifier(model, load_tokenizer(tiny_encoder, cleaning, 24), name)

    return make


@pytest.fixture(scope="module")
def reader(make_reader, label_order) -> TweetClassifier:
    return make_reader(label_order)


def start(readers: list[TweetClassifier], text: str, ordered: bool = True) -> PlayedText:
    game = PlayedText(readers, ordered, text)
    game.weigh_all()
    return game


def shares(html: str) -> list[tuple[str, float]]:
    """The classes with the numbers that are written next to their bars."""
    found = re.findall(r"<bdi>([^<]*)</bdi></th>.*?class=.number.>([\d.]+)<", html)
    return [(name, float(share)) for name, share in found]


@pytest.mark.parametrize("ordered", [True, False])
def test_plain_words_push_as_word_effects_says(reader, ordered):
    text = "sad queue, @shop its heroes #panic https://t.co/x café Best people, Best"
    weighing = Weighing(reader, text, ordered)
    weighing.weigh_all()
    pushes = [(text[push.start : push.end], push.effect) for push in weighing.pushes]
    effects = word_effects([text], reader.model, reader.tokenizer, ordered)
    plain = [push for push in pushes if push[0].lower() in set(effects["word"])]
    assert [word.lower() for word, _ in plain] == effects["word"].tolist()
    ours = [effect for _, effect in plain]
    assert ours == pytest.approx(effects["effect"].tolist(), abs=1e-5)
    assert {"@shop", "#panic", "https://t.co/x", "café"} <= {word for word, _ in pushes}


def test_a_contraction_and_a_row_of_emoji_push_as_one_word_each(reader):
    text = "I don't panic 👍🏽😀, it can’t last"
    words = [
        text[push.start : push.end] for push in start([reader], text).weighed.weighings[0].pushes
    ]
    assert words == ["I", "don't", "panic", "👍🏽😀", "it", "can’t", "last"]


def test_what_a_cleaning_drops_pushes_by_nothing(reader):
    weighing = Weighing(reader, "@shop #panic", True)
    weighing.weigh_all()
    assert [push.effect for push in weighing.pushes] == [0, 0]


def test_bars_say_what_inference_says(reader, label_order):
    html = start([reader], TEXT).html()
    (expected,) = inference([TEXT], reader.model, reader.tokenizer)
    assert shares(html) == [
        (label, pytest.approx(share, abs=0.0051))
        for label, share in zip(label_order, expected, strict=True)
    ]


def test_an_edit_is_compared_with_the_text_that_was_kept(reader):
    game = start([reader], TEXT)
    assert "<i " not in game.html()
    game.read(f"not {TEXT}")
    game.weigh_all()
    html = game.html()
    assert re.search("not.*came", html)
    assert html.count("<i ") == 5
    assert "gained" in html or "same" in html
    game.keep()
    assert "<i " not in game.html()
    game.read(TEXT)
    assert re.search("not.*went", game.html())


def test_until_the_words_are_weighed_those_before_are_shown_as_waiting(reader):
    game = start([reader], "Best heroes")
    game.read("sad people")
    html = game.html()
    assert 'aria-busy="true"' in html
    assert 'title="heroes' in html
    game.weigh_all()
    assert 'aria-busy="true"' not in game.html()
    assert 'title="people' in game.html()


class Elements(HTMLParser):
    """The names of the elements and attributes in some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.names |= {tag, *(name for name, _ in attributes)}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("cleaning", ["raw", "words"])
def test_hostile_texts_stay_texts(make_reader, text, cleaning):
    reader = make_reader([*"ab", "<img src=y>"], cleaning, "<b id=name>")
    game = PlayedText([reader, reader], False, text, "<img src=note>")
    html = game.html()
    game.read(text + " sad <u>queue</u>")
    game.weigh_all()
    html += game.html()
    assert not {"script", "img", "onerror", "onmouseover", "src", "u", "id"} & Elements(html).names
    assert not {"\x1b", "\u202e"} & set(html)
    assert len(html) < 200_000


@pytest.mark.parametrize(
    ("text", "cleaning"),
    [("\u0645\u0631\u062d\u0628\u0627", "words"), ("\U0001f600", "words"), ("\U0001f600", "raw")],
)
def test_a_text_of_which_nothing_reaches_the_model_is_called_unreadable(
    make_reader, label_order, text, cleaning
):
    game = start([make_reader(label_order, cleaning)], text)
    assert "cannot read" in game.html()
    game.read(f"{text} queue")
    assert "cannot read" not in game.html()


@pytest.mark.parametrize("labels", [["bad", "good"], [f"class {place}" for place in range(40)]])
@pytest.mark.parametrize("ordered", [True, False])
def test_other_classes_get_bars_and_no_class_from_the_list(make_reader, labels, ordered):
    html = start([make_reader(labels)], "Best heroes, not good", ordered).html()
    assert {name for name, _ in shares(html)} <= set(labels)
    assert ("others" in html) == (len(labels) == 40)
    assert "Positive" not in html


def test_two_models_stand_side_by_side(make_reader, label_order):
    one = make_reader(label_order, "words", "one")
    other = make_reader(label_order, "raw", "other", seed=1)
    html = start([one, other], TEXT).html()
    assert html.count("<section") == 2
    first, second = html.split("<section")[1:]
    assert shares(first) != shares(second)
    assert ">one<" in first
    assert ">other<" in second


def test_a_model_that_fails_is_a_sentence_and_the_last_text_stays(reader, monkeypatch):
    game = start([reader], TEXT)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("out of <memory>")

    monkeypatch.setattr(TweetClassifier, "answer", fail)
    game.read("sad people")
    assert "out of &lt;memory&gt;" in game.html()
    assert game.now.text == TEXT
    monkeypatch.undo()
    game.read("sad people")
    assert "memory" not in game.html()


def test_a_model_that_fails_at_a_word_ends_the_waiting_with_a_sentence(reader, monkeypatch):
    game = start([reader], "sad queue")

    def fail(weighing: Weighing) -> None:
        raise TypeError("no such words")

    monkeypatch.setattr(Weighing, "weigh_some", fail)
    game.read("sad people")
    assert not game.weigh_some()
    assert "no such words" in game.html()
    assert "aria-busy" not in game.html()
    assert "people" in game.html()


def test_typing_picking_keeping_and_going_back(reader):
    groups = {"test": ["sad queue", "Best heroes"], "suspects": [Example("panic", "label: low")]}
    panel = make_panel([reader], True, groups)
    assert panel.box.value == "sad queue"
    assert panel.choice.label.endswith("sad queue")
    panel.box.value = "sad queues"
    assert "queues" in panel.page.html
    assert "became" in panel.page.html
    panel.back.click()
    assert panel.box.value == "sad queue"
    panel.choice.value = 1
    assert panel.box.value == "Best heroes"
    assert "came" not in panel.page.html
    assert panel.choice.label.endswith("Best heroes")
    panel.group.value = "suspects"
    assert panel.choice.label.endswith("panic")
    assert panel.box.value == "panic"
    assert "label: low" in panel.page.html
    panel.box.value = "panic and people"
    panel.keep.click()
    assert "came" not in panel.page.html
    panel.group.value = "test"
    assert panel.box.value == "sad queue"
    panel.back.click()
    assert panel.box.value == "panic and people"


def test_while_somebody_types_on_only_the_last_text_is_weighed(reader, monkeypatch):
    panel = make_panel([reader], True, {"test": ["queue"]})
    weighed = []
    weigh_some = PlayedText.weigh_some

    def note(game: PlayedText) -> bool:
        weighed.append(game.now.text)
        return weigh_some(game)

    monkeypatch.setattr(PlayedText, "weigh_some", note)

    async def type_fast() -> None:
        for text in ("s", "sa", "sad", "sad people"):
            panel.box.value = text
        await panel.task

    asyncio.run(type_fast())
    assert set(weighed) == {"sad people"}
    assert 'aria-busy="true"' not in panel.page.html


def test_of_a_very_long_text_the_beginning_is_read_and_that_is_said(reader):
    game = start([reader], "sad queue " * 1000)
    assert len(game.now.text) == 5000
    assert "first 5,000 characters are read" in game.html()
    assert "first 2,000 of 5,000 characters are shown" in game.html()


@pytest.mark.parametrize(("words", "is_limited"), [(64, False), (65, True)])
def test_of_many_words_the_first_are_weighed_and_that_is_said(reader, words, is_limited):
    html = start([reader], "sad " * words).html()
    assert ("words are weighed" in html) == is_limited


def test_without_examples_there_is_a_text_to_begin_with(reader):
    panel = make_panel([reader], True, {"empty": [], "damaged": [None, np.nan, " "]})
    assert panel.box.value
    with pytest.raises(TweetsentError, match="no model"):
        make_panel([], True)


def test_where_nobody_plays_there_is_a_picture_of_the_first_example(reader, monkeypatch):
    shown: list[dict] = []
    monkeypatch.setattr(live_html, "display", lambda data, raw: shown.append(data))
    playground([reader], True, {"test": ["sad queue"]})
    (data,) = shown
    assert live_html.WIDGET_VIEW not in data
    assert len(shares(data["text/html"])) == 5
    assert "sad" in data["text/html"]


def test_a_saved_model_opens_as_a_reader(reader, tmp_path):
    reader.model.save_pretrained(tmp_path)
    reader.tokenizer.save_pretrained(tmp_path)
    opened = open_classifier(tmp_path, "saved", "cpu")
    answers = [Weighing(each, TEXT, True).answer for each in (reader, opened)]
    assert answers[0] == pytest.approx(answers[1], abs=1e-6)
    with pytest.raises(TweetsentError):
        open_classifier(tmp_path / "nowhere", "missing")


def test_a_push_has_a_sign_and_a_number_without_colour():
    html = push_words("good bad so", [Push(0, 4, 0.5), Push(5, 8, -0.5), Push(9, 11, 0.01)], True)
    assert "<rt>+0.50</rt>" in html
    assert "<rt>\N{MINUS SIGN}0.50</rt>" in html
    assert html.count("<rt>") == 2
    assert 'title="so: +0.01"' in html
