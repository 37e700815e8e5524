"""The tokenizer of the playground in a page: token for token what Python reads, in Chromium."""

import json
import sys
import unicodedata
from pathlib import Path

import pytest
from hostile import HOSTILE

from tweetsent_utils.data.cleaning import CLEANINGS
from tweetsent_utils.data.loading import load_tweets
from tweetsent_utils.data.tokenizing import load_tokenizer, tokenize
from tweetsent_utils.evaluation.explanation import ANY_WORD, find_words
from tweetsent_utils.explore.weighing import MOST_WORDS
from tweetsent_utils.model.encoder import packaged_encoder
from tweetsent_utils.paths import PROJECT_ROOT

SOURCES = PROJECT_ROOT / "site" / "playground"
ASK = """async ({cleanings, texts}) => {
    const { Tokenizer } = await import("./tokenizer.js");
    const { findWords } = await import("./words.js");
    const ids = {};
    for (const [name, settings] of Object.entries(cleanings)) {
        const tokenizer = new Tokenizer(settings, 128);
        ids[name] = texts.map((text) => tokenizer.encode(text));
    }
    const words = texts.map((text) => findWords(text).map((w) => text.slice(w.start, w.end)));
    return { ids, words };
}"""


@pytest.fixture
def page(browser, serve_folder):
    """A page in which the sources can be imported."""
    found = browser.new_page()
    found.goto(f"{serve_folder(SOURCES)}/README.md")
    return found


@pytest.fixture(scope="module")
def sample_texts() -> list[str]:
    """The test tweets of the shipped sample."""
    folder = PROJECT_ROOT / "data" / "sample"
    files = (folder / "Corona_NLP_train.csv", folder / "Corona_NLP_test.csv")
    tweets, _ = load_tweets(*files, "OriginalTweet", "Sentiment")
    return tweets["test"]["text"].tolist()


def save_tokenizers(folder: Path) -> dict[str, object]:
    """Return the packaged encoder's tokenizer under each cleaning, and what is saved of it."""
    tokenizers = {}
    for cleaning in CLEANINGS:
        tokenizer = load_tokenizer(packaged_encoder(), cleaning, 128)
        tokenizer.save_pretrained(folder / cleaning)
        content = (folder / cleaning / "tokenizer.json").read_text(encoding="utf-8")
        tokenizers[cleaning] = (tokenizer, json.loads(content))
    return tokenizers


def test_ids_and_words_are_python_s(page, sample_texts, tmp_path):
    assigned = [
        chr(code)
        for code in range(1, sys.maxunicode)
        if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co", "Lo")
    ]
    texts = [*sample_texts, *HOSTILE, *(f"a{letter}b {letter}" for letter in assigned)]
    tokenizers = save_tokenizers(tmp_path)
    contents = {name: content for name, (_, content) in tokenizers.items()}
    found = page.evaluate(ASK, {"cleanings": contents, "texts": texts})
    for cleaning, (tokenizer, _) in tokenizers.items():
        expected = tokenize(texts, tokenizer)
        rows = zip(texts, expected, found["ids"][cleaning], strict=True)
        assert [text for text, ids, other in rows if ids != other] == []
    shown = [*sample_texts, *HOSTILE]
    expected = [[word[0] for word in find_words(text, MOST_WORDS, ANY_WORD)] for text in shown]
    assert found["words"][: len(shown)] == expected


@pytest.mark.parametrize(
    "change",
    [
        {"model": {"type": "BPE", "vocab": {}}},
        {"pre_tokenizer": {"type": "ByteLevel"}},
        {"normalizer": {"type": "Precompiled"}},
        {"normalizer": {"type": "Replace", "pattern": {"Regex": "(a|b)+"}, "content": ""}},
    ],
)
def test_what_it_does_not_know_is_refused(page, tmp_path, change):
    (_, content) = save_tokenizers(tmp_path)["words"]
    with pytest.raises(Exception, match="cannot be read in a page"):
        page.evaluate(ASK, {"cleanings": {"changed": content | change}, "texts": []})
