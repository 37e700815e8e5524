"""Write the shipped sample: invented tweets in the format of the Kaggle files, byte for byte the same for a seed.

    python data/sample/make_sample.py [--seed 0] [--output data/sample]

A tweet is one to three hand-written sentences from a bank (train and test have one each) with what a real one
carries: links, mentions, hashtags, line breaks, capitals, mojibake. Its label comes from the VADER rule.
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

from tweetsent_utils.cleaning import clean

HERE = Path(__file__).parent
SENTIMENTS = ["Extremely Negative", "Negative", "Neutral", "Positive", "Extremely Positive"]
SHARES = [0.13, 0.24, 0.19, 0.28, 0.16]  # close to the published set's
BUSY_DAYS = {date(2020, 3, day) for day in (*range(11, 16), *range(18, 26))} | {date(2020, 4, d) for d in range(5, 11)}
HASHTAGS = "#coronavirus #covid19 #stayhome #shoplocal #supermarket #toiletpaper #panicbuying #retail #farmers"
HANDLES = "@cornershop @townmarket @myneighbour @farmgate @citycouncil @shopnews @thebakery @fuelwatch"
PLACES = "London|Leeds, England|Dublin, Ireland|Toronto|New York, NY|USA|Lagos|Mumbai|Sydney|on the sofa|by the sea"
ANALYZER = SentimentIntensityAnalyzer()


@cache
def label(text: str) -> str:
    """Return the sentiment that the rule gives: VADER's compound score of the words, cut in five."""
    compound = ANALYZER.polarity_scores(clean(text, "words"))["compound"]
    return SENTIMENTS[sum((compound > -0.6, compound > -0.05, compound >= 0.05, compound > 0.6))]


def read_bank(part: str) -> dict[str, str]:
    """Return a bank's sentences with the lines they are from: {a|b} in a line stands for either."""
    lines = (HERE / f"sentences_{part}.txt").read_text("utf-8").splitlines()
    choices = {line: [piece.split("|") for piece in re.split("[{}]", line)] for line in lines}
    return {"".join(pieces): line for line in lines for pieces in itertools.product(*choices[line])}


def link(rng: random.Random) -> str:
    """Return an invented short link."""
    return "https://t.co/" + "".join(rng.choices(string.ascii_letters + string.digits, k=10))


def typeset(sentence: str, rng: random.Random) -> str:
    """Return `sentence` with typographic signs: apostrophes if it has any, else quotes, a dash or an ellipsis."""
    others = f"“{sentence}”", f"{sentence}…", sentence.replace(", ", " – ", 1)
    return sentence.replace("'", "’") if "'" in sentence else rng.choice(others)


def shout(text: str, rng: random.Random) -> str:
    """Return `text` with one of its longer words in capitals."""
    word = rng.choice(list(re.finditer(r"(?<![\w@#/.])[A-Za-z]?[a-z]{3,}\b(?!:)", text)))
    return text[: word.start()] + word[0].upper() + text[word.end() :]


def draw_sentences(bank: dict[str, str], rng: random.Random) -> list[str]:
    """Return one to three sentences from different lines, seldom of opposite moods, with an apostrophe first."""
    sentences, count = [rng.choice(list(bank))], rng.choices((1, 2, 3), (32, 52, 16))[0]
    while len(sentences) < count:
        other = rng.choice(list(bank))
        first, second = (SENTIMENTS.index(label(sentence)) - 2 for sentence in (sentences[0], other))
        if bank[other] not in {bank[s] for s in sentences} and (first * second >= 0 or rng.random() < 0.25):
            sentences.append(other)
    return sorted(sentences, key=lambda sentence: "'" not in sentence)


def compose(bank: dict[str, str], rng: random.Random) -> str:
    """Return one invented tweet as the Kaggle files hold it: cp1252, read as Latin-1, stored as UTF-8, read again."""
    sentences = draw_sentences(bank, rng)
    if rng.random() < (0.6 if "'" in sentences[0] else 0.1):
        sentences[0] = typeset(sentences[0], rng)
    rng.shuffle(sentences)
    sentences = [s if s[-1] in "?!…”" else s + rng.choices((".", "!", " -"), (75, 15, 10))[0] for s in sentences]
    sentences[-1] = sentences[-1].rstrip(" .-") if rng.random() < 0.4 else sentences[-1].replace(" -", ".")
    tags = rng.sample(HASHTAGS.split(), rng.choice((1, 1, 2))) if rng.random() < 0.5 else []
    handle = [rng.choice(HANDLES.split())] if rng.random() < 0.25 else []
    parts = handle + sentences + tags if rng.random() < 0.5 else sentences + handle + tags
    parts += [link(rng)] if rng.random() < 0.35 else []
    text, break_at = parts[0], rng.choice(range(1, len(parts))) if len(parts) > 1 and rng.random() < 0.26 else 0
    for position, part in enumerate(parts[1:], start=1):
        text += (rng.choice(("\r\r\n", "\r\r\n\r\r\n")) if position == break_at else " ") + part
    text = text.replace(" and ", " &amp; ", 1) if rng.random() < 0.5 else text
    lower = " ".join(word if "/" in word else word.lower() for word in text.split(" "))
    text = rng.choices((text, lower, shout(text, rng)), (80, 10, 10))[0]
    return text.encode("cp1252").decode("latin-1").encode("utf-8").decode("latin-1")


def vary(text: str, rng: random.Random) -> str:
    """Return the same words with another link, case and punctuation."""
    words = re.sub(r"\s*https?://\S+", "", text).rstrip(".!")
    return rng.choice((words.lower(), words.upper(), shout(words, rng))) + rng.choice((" ", "! ")) + link(rng)


def collect(bank: dict[str, str], quotas: Counter[str], taken: set[str], rng: random.Random) -> list[str]:
    """Return composed tweets until every sentiment's quota is filled, none with another's bare words."""
    tweets = []
    while quotas.total():
        text = compose(bank, rng)
        words = " ".join(re.findall(r"\w+", re.sub(r"https?://\S+", " ", text).lower()))
        if quotas[label(text)] and words not in taken:
            taken.add(words)
            quotas[label(text)] -= 1
            tweets.append(text)
    return tweets


def write(path: Path, tweets: list[str], first_day: date, days: int, first_id: int, rng: random.Random) -> None:
    """Write `tweets`, shuffled, in date order over `days` days, of which some are busier."""
    rng.shuffle(tweets)
    calendar = [first_day + timedelta(day) for day in range(days)]
    dates = sorted(rng.choices(calendar, [4 if day in BUSY_DAYS else 1 for day in calendar], k=len(tweets)))
    with path.open("w", encoding="latin-1", newline="") as file:
        rows = csv.writer(file, lineterminator="\r\n")
        rows.writerow(["UserName", "ScreenName", "Location", "TweetAt", "OriginalTweet", "Sentiment"])
        for number, (text, day) in enumerate(zip(tweets, dates, strict=True), start=first_id):
            place = "" if rng.random() < 0.21 else rng.choice(PLACES.split("|"))
            rows.writerow([number, number + 44952, place, f"{day:%d-%m-%Y}", text, label(text)])


def make_sample(output: Path, seed: int = 0, train_rows: int = 3_000, test_rows: int = 500) -> None:
    """Write `Corona_NLP_train.csv` and `Corona_NLP_test.csv` into `output`."""
    rng, taken = random.Random(seed), set()
    train, test = [link(rng) for _ in range(3)], []  # three tweets with no word at all
    for part, tweets, rows in (("train", train, train_rows - 15), ("test", test, test_rows - 3)):
        quotas = Counter({name: round(share * rows) for name, share in zip(SENTIMENTS, SHARES, strict=True)})
        quotas["Neutral"] += rows - len(tweets) - quotas.total()
        tweets += collect(read_bank(part), quotas, taken, rng)
    originals = [text for text in train if text.isascii() and "&" not in text and " " in text]
    repeats = [vary(text, rng) for text in rng.sample(originals, 18)]  # near-duplicates of train tweets
    output.mkdir(parents=True, exist_ok=True)
    write(output / "Corona_NLP_train.csv", train + repeats[:15], date(2020, 3, 16), 30, 3799, rng)
    write(output / "Corona_NLP_test.csv", test + repeats[15:], date(2020, 3, 2), 15, 1, rng)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="another seed gives another sample")
    parser.add_argument("--output", type=Path, default=HERE, help="folder for the two files")
    make_sample(**vars(parser.parse_args()))
