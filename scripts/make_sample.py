"""Write the shipped sample: invented tweets in the format of the Kaggle files.

    python scripts/make_sample.py [--seed 0] [--output data/sample]

A tweet is one to three hand-written sentences from a bank (train and test have one each), with what
a real tweet carries: links, mentions, hashtags, line breaks, capitals, mojibake. Its label comes
from the VADER rule. The same seed gives the same files, byte for byte, so the order of the random
draws must not change.
"""

import argparse
import csv
import itertools
import random
import re
import string
from collections import Counter
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from tweetsent_utils.data.cleaning import clean
from tweetsent_utils.paths import PROJECT_ROOT

SAMPLE = PROJECT_ROOT / "data" / "sample"
COLUMNS = ["UserName", "ScreenName", "Location", "TweetAt", "OriginalTweet", "Sentiment"]
SHARES = {  # of the classes, from low to high; close to the published set's
    "Extremely Negative": 0.13,
    "Negative": 0.24,
    "Neutral": 0.19,
    "Positive": 0.28,
    "Extremely Positive": 0.16,
}
SENTIMENTS = list(SHARES)
WORDLESS_TWEETS = 3  # training tweets that are a link and nothing else
TRAIN_REPEATS = 15  # tweets that repeat a training tweet, in the training file
TEST_REPEATS = 3  # and in the test file
BUSY_DAYS = {
    *(date(2020, 3, day) for day in range(11, 16)),
    *(date(2020, 3, day) for day in range(18, 26)),
    *(date(2020, 4, day) for day in range(5, 11)),
}
HASHTAGS = [
    "#coronavirus",
    "#covid19",
    "#stayhome",
    "#shoplocal",
    "#supermarket",
    "#toiletpaper",
    "#panicbuying",
    "#retail",
    "#farmers",
]
HANDLES = [
    "@cornershop",
    "@townmarket",
    "@myneighbour",
    "@farmgate",
    "@citycouncil",
    "@shopnews",
    "@thebakery",
    "@fuelwatch",
]
PLACES = [
    "London",
    "Leeds, England",
    "Dublin, Ireland",
    "Toronto",
    "New York, NY",
    "USA",
    "Lagos",
    "Mumbai",
    "Sydney",
    "on the sofa",
    "by the sea",
]
ANALYZER = SentimentIntensityAnalyzer()


def make_sample(
    output: Path,
    seed: int = 0,
    train_rows: int = 3_000,
    test_rows: int = 500,
) -> None:
    """Write `Corona_NLP_train.csv` and `Corona_NLP_test.csv` into `output`."""
    rng = random.Random(seed)
    used_words = set()
    train = [make_link(rng) for _ in range(WORDLESS_TWEETS)]
    quotas = class_quotas(train_rows - TRAIN_REPEATS, WORDLESS_TWEETS)
    train += collect_tweets(read_bank("train"), quotas, used_words, rng)
    quotas = class_quotas(test_rows - TEST_REPEATS)
    test = collect_tweets(read_bank("test"), quotas, used_words, rng)

    plain = [text for text in train if text.isascii() and "&" not in text and " " in text]
    repeated = rng.sample(plain, TRAIN_REPEATS + TEST_REPEATS)
    repeats = [vary(text, rng) for text in repeated]
    train += repeats[:TRAIN_REPEATS]
    test += repeats[TRAIN_REPEATS:]

    output.mkdir(parents=True, exist_ok=True)
    train_days = list_days(date(2020, 3, 16), 30)
    test_days = list_days(date(2020, 3, 2), 15)
    write_tweets(output / "Corona_NLP_train.csv", train, train_days, first_id=3799, rng=rng)
    write_tweets(output / "Corona_NLP_test.csv", test, test_days, first_id=1, rng=rng)


@cache
def label(text: str) -> str:
    """Return the sentiment that the rule gives: VADER's compound score of the words, cut in five.

    A score on an outer cut belongs to the milder class below it, one on an inner cut is not
    neutral.
    """
    compound = ANALYZER.polarity_scores(clean(text, "words"))["compound"]
    if compound <= -0.6:
        return "Extremely Negative"
    if compound <= -0.05:
        return "Negative"
    if compound < 0.05:
        return "Neutral"
    if compound <= 0.6:
        return "Positive"
    return "Extremely Positive"


def read_bank(part: str) -> dict[str, str]:
    """Return a bank's sentences, each with the line it is from: {a|b} in a line is either."""
    line_of = {}
    for line in (SAMPLE / f"sentences_{part}.txt").read_text(encoding="utf-8").splitlines():
        choices = [piece.split("|") for piece in re.split("[{}]", line)]
        for pieces in itertools.product(*choices):
            line_of["".join(pieces)] = line
    return line_of


def class_quotas(rows: int, wordless: int = 0) -> Counter[str]:
    """Return how many tweets of each class to compose, of `rows` in all.

    Neutral takes what rounding leaves, less the wordless tweets that there are already.
    """
    quotas = Counter({name: round(share * rows) for name, share in SHARES.items()})
    quotas["Neutral"] += rows - wordless - quotas.total()
    return quotas


def collect_tweets(
    bank: dict[str, str],
    quotas: Counter[str],
    used_words: set[str],
    rng: random.Random,
) -> list[str]:
    """Compose tweets until every class has its quota, no two with the same bare words.

    `quotas` is used up, and the bare words of each tweet are added to `used_words`.
    """
    tweets = []
    while quotas.total():
        text = compose(bank, rng)
        without_links = re.sub(r"https?://\S+", " ", text)
        bare_words = " ".join(re.findall(r"\w+", without_links.lower()))
        if quotas[label(text)] and bare_words not in used_words:
            used_words.add(bare_words)
            quotas[label(text)] -= 1
            tweets.append(text)
    return tweets


def compose(bank: dict[str, str], rng: random.Random) -> str:
    """Return one invented tweet, damaged as the Kaggle files are."""
    sentences = draw_sentences(bank, rng)
    has_apostrophe = "'" in sentences[0]
    if rng.random() < (0.6 if has_apostrophe else 0.1):
        sentences[0] = typeset(sentences[0], rng)
    rng.shuffle(sentences)
    sentences = end_sentences(sentences, rng)
    parts = add_decorations(sentences, rng)
    text = join_parts(parts, rng)
    if rng.random() < 0.5:
        text = text.replace(" and ", " &amp; ", 1)
    lowered = " ".join(word if "/" in word else word.lower() for word in text.split(" "))
    shouted = shout(text, rng)
    text = rng.choices((text, lowered, shouted), weights=(80, 10, 10))[0]
    return damage_encoding(text)


def draw_sentences(bank: dict[str, str], rng: random.Random) -> list[str]:
    """Return one to three sentences from different lines, seldom of opposite moods.

    Those with an apostrophe come first.
    """
    sentences = [rng.choice(list(bank))]
    count = rng.choices((1, 2, 3), weights=(32, 52, 16))[0]
    while len(sentences) < count:
        other = rng.choice(list(bank))
        used_lines = {bank[sentence] for sentence in sentences}
        if bank[other] in used_lines:
            continue
        agree = mood(sentences[0]) * mood(other) >= 0
        if agree or rng.random() < 0.25:
            sentences.append(other)
    return sorted(sentences, key=lambda sentence: "'" not in sentence)


def mood(sentence: str) -> int:
    """Return a sentence's class as a number: -2 for Extremely Negative to 2."""
    return SENTIMENTS.index(label(sentence)) - 2


def typeset(sentence: str, rng: random.Random) -> str:
    """Return `sentence` with typographic signs.

    These are its apostrophes if it has any, else quotes, an ellipsis or a dash.
    """
    if "'" in sentence:
        return sentence.replace("'", "’")
    quoted = f"“{sentence}”"
    trailing = f"{sentence}…"
    dashed = sentence.replace(", ", " – ", 1)
    return rng.choice((quoted, trailing, dashed))


def end_sentences(sentences: list[str], rng: random.Random) -> list[str]:
    """Return the sentences with an end mark each; the last one may do without."""
    ended = []
    for sentence in sentences:
        if sentence[-1] not in "?!…”":
            sentence += rng.choices((".", "!", " -"), weights=(75, 15, 10))[0]
        ended.append(sentence)
    if rng.random() < 0.4:
        ended[-1] = ended[-1].rstrip(" .-")
    else:
        ended[-1] = ended[-1].replace(" -", ".")
    return ended


def add_decorations(sentences: list[str], rng: random.Random) -> list[str]:
    """Return the parts of a tweet: its sentences, and perhaps a mention, hashtags and a link."""
    hashtags = []
    if rng.random() < 0.5:
        hashtags = rng.sample(HASHTAGS, rng.choice((1, 1, 2)))
    mention = []
    if rng.random() < 0.25:
        mention = [rng.choice(HANDLES)]
    mention_first = rng.random() < 0.5
    parts = mention + sentences if mention_first else sentences + mention
    parts += hashtags
    if rng.random() < 0.35:
        parts.append(make_link(rng))
    return parts


def join_parts(parts: list[str], rng: random.Random) -> str:
    """Return a tweet's parts as one text, with spaces or, once at most, a line break."""
    break_at = 0  # none
    if len(parts) > 1 and rng.random() < 0.26:
        break_at = rng.choice(range(1, len(parts)))
    text = parts[0]
    for position, part in enumerate(parts[1:], start=1):
        separator = " "
        if position == break_at:
            separator = rng.choice(("\r\r\n", "\r\r\n\r\r\n"))
        text += separator + part
    return text


def make_link(rng: random.Random) -> str:
    """Return an invented short link."""
    letters = rng.choices(string.ascii_letters + string.digits, k=10)
    return "https://t.co/" + "".join(letters)


def shout(text: str, rng: random.Random) -> str:
    """Return `text` with one of its longer words in capitals."""
    words = list(re.finditer(r"(?<![\w@#/.])[A-Za-z]?[a-z]{3,}\b(?!:)", text))
    word = rng.choice(words)
    return text[: word.start()] + word[0].upper() + text[word.end() :]


def damage_encoding(text: str) -> str:
    """Return `text` with the mojibake of the Kaggle files.

    It was cp1252, was read as Latin-1, written as UTF-8, and read as Latin-1 again.
    """
    read_as_latin1 = text.encode("cp1252").decode("latin-1")
    return read_as_latin1.encode("utf-8").decode("latin-1")


def vary(text: str, rng: random.Random) -> str:
    """Return the same words with another link, case and punctuation."""
    words = re.sub(r"\s*https?://\S+", "", text).rstrip(".!")
    shouted = shout(words, rng)
    varied = rng.choice((words.lower(), words.upper(), shouted))
    return varied + rng.choice((" ", "! ")) + make_link(rng)


def list_days(first: date, count: int) -> list[date]:
    """Return `count` days from the first one on."""
    return [first + timedelta(days) for days in range(count)]


def write_tweets(
    path: Path,
    tweets: list[str],
    days: list[date],
    first_id: int,
    rng: random.Random,
) -> None:
    """Write `tweets`, shuffled, in order of the days that they get; some days are busier."""
    rng.shuffle(tweets)
    weights = [4 if day in BUSY_DAYS else 1 for day in days]
    dates = sorted(rng.choices(days, weights, k=len(tweets)))
    with path.open("w", encoding="latin-1", newline="") as file:
        rows = csv.writer(file, lineterminator="\r\n")
        rows.writerow(COLUMNS)
        for number, (text, day) in enumerate(zip(tweets, dates, strict=True), start=first_id):
            place = "" if rng.random() < 0.21 else rng.choice(PLACES)
            rows.writerow([number, number + 44952, place, f"{day:%d-%m-%Y}", text, label(text)])


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="another seed gives another sample")
    parser.add_argument("--output", type=Path, default=SAMPLE, help="folder for the two files")
    options = parser.parse_args()
    make_sample(options.output, options.seed)


if __name__ == "__main__":
    main()
