"""The tokenizer of the playground in a page: token for token what Python reads, in Chromium."""

import functools
import json
import sys
import threading
import unicodedata
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import BROWSER_OPTIONS, find_browser

from tweetsent_utils.data.cleaning import CLEANINGS
from tweetsent_utils.data.loading import load_tweets
from tweetsent_utils.data.tokenizing import load_tokenizer, tokenize
from tweetsent_utils.evaluation.explanation import ANY_WORD, find_words
from tweetsent_utils.explore.reader import MOST_WORDS
from tweetsent_utils.model.encoder import packaged_encoder
from tweetsent_utils.paths import PROJECT_ROOT

SOURCES = PROJECT_ROOT / "site" / "playground"
HOSTILE = [
    "",
    " \n\t ",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "$x$ & &amp; &amp;lt; &lt;3 \x1b[31mred\x1b[0m \ufffd",
    "\u202egnp.exe \u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd",
    "zero\u200bwidth \u200d\ufeff no\u00a0break \u2028 line \u3000 wide \x85 next \x0b \x0c",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 \ud7ff",
    "[SEP] typed [MASK][CLS] [sep] [PAD]",
    "ΟΔΥΣΣΕΥΣ ΣΑΣ İstanbul ıI ǅ ﬁ ﬀ ²³½ ⅷ ①",
    "cafe\u0301 café Å \u0e40\u0e01 한국어 \u1100",
    "東京 is 中文字",
    "@é#x@shop_y #a#b@c https://t.co/x1@me a://b ééhttp://x éhttp://z @ahttp://q #ä://x",
    "don\u00e2\u0080\u0099t \u00c2\u00a0x \u00c3\u00a9 \u00e2\u20ac\u2122",
    "b" * 100 + " " + "c" * 101 + " " + "word " * 300,
    "x" * 5000,
    "é" * 5000,
    "a@" * 2000,
    "__proto__ constructor toString hasOwnProperty",
]
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


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder, and prints nothing."""

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def page():
    """A page in which the sources can be imported."""
    from playwright.sync_api import sync_playwright

    handler = functools.partial(QuietHandler, directory=str(SOURCES))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_OPTIONS)
        found = browser.new_page()
        found.goto(f"http://127.0.0.1:{server.server_address[1]}/README.md")
        yield found
        browser.close()
    server.shutdown()


@pytest.fixture(scope="module")
def sample_texts() -> list[str]:
    """The test tweets of the shipped sample."""
    folder = PROJECT_ROOT / "data" / "sample"
    files = (folder / "Corona_NLP_train.csv", folder / "Corona_NLP_test.csv")
    tweets, _ = load_tweets(*files, "OriginalTweet", "Sentiment")
    return tweets["test"]["text"].tolist()


def save_tokenizers(folder: Path) -> dict[str, object]:
    """Return the packaged encoder's tokenizer under each cleaning, and its content as it is saved."""
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
