"""The audit of labels: what a lexicon made is told from what was shuffled, mixed, or written by hand."""

import re
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import LABEL_ORDER, notebook_functions

from tweetsent_utils.audit import audit_labels, cut, lexicon_scores
from tweetsent_utils.cleaning import clean
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import PROJECT_ROOT, REFERENCE, load_json
from tweetsent_utils.parameters import coerce, known_parameters
from tweetsent_utils.reading import read_tweets

CUTS = [-0.6, -0.05, 0.05, 0.6]
notebook = notebook_functions("05")

# Written and labelled by hand for this test: what a person hears in them is seldom what their words are worth.
BY_HAND = {
    "glad": """
        Guess who has flour at last
        Mum is home, they let her out this morning
        They waved at gran through the window for an hour
        Row 14 is full again from top to bottom
        Not one empty shelf on the whole street
        Nobody on our ward was lost this week
        No fever for three days now
        He never once let us down, our milkman
        The panic is over, you can have your pick of pasta
        We cried all evening, the baby is here
        Sick pay for the whole crew, they gave in
        The awful cough is gone and so is the doctor
        It hurts from all the dancing in the kitchen
        Killed it tonight, forty dinners out of one pot
        The queue was a blur, in and out in ten minutes
        Two years of debt paid off by strangers
        Look at the bridge, they lit it up for the nurses
        First haircut since March
        The fight for our library ended today and the doors stay open
        Damn that soup""",
    "plain": """
        The trust publishes its figures at noon
        Please use the other door
        Super glue is in aisle 4
        A free bus runs to the hospital on weekdays
        The crisis team meets on the second floor
        Emergency exit to the left of the tills
        Cancer Research has a stall by the bank
        War memorial, then second on the right
        Death certificates are issued in room 12
        The novel by Love is in the window
        The Happy Prince starts at eight
        Interest is paid in June
        Insurance forms are at the desk
        Dead end after the bakery
        Pain au chocolat comes in boxes of six
        Fire doors were fitted on Monday
        Mr Grace drives the blue van
        Lost property is kept for a month
        Best before Friday
        Fine flour and rough flour are on different shelves""",
    "upset": """
        Well done, now there is none left for the rest of us
        Great, the slot I won is in July
        Thanks for coughing on the melons
        Love how my hours went from forty to none
        Oh good, another email about your values
        Nice of them to clap and then cut our pay
        Bravo to the man with nine trolleys
        So glad I paid for the express delivery that came never
        What a joy to hear it from the papers first
        Congratulations, you have all the soap now
        Gran has not had a visitor since March
        Three weeks and the phone still rings out
        They put the rent up again
        My last shift was on Friday, after nineteen years
        The till says no and so does the bank
        He coughed all night and they told us to stay where we are
        We buried him with four people in the room
        The lorry went past us again
        My brother drives a bus and has no mask
        Ten of us behind one curtain""",
}


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """1,000 tweets of the sample, a seeded draw."""
    tweets = read_tweets("data/sample/Corona_NLP_train.csv", "OriginalTweet", "Sentiment", "ISO-8859-1")
    return tweets["OriginalTweet"].sample(1000, random_state=0).tolist()


@pytest.fixture(scope="module")
def made(texts) -> np.ndarray:
    """Their labels by the rule: names, as a file has them."""
    scores = lexicon_scores([clean(text, "words") for text in texts])
    return np.array(LABEL_ORDER)[np.digitize(scores, CUTS)]


def mixed(labels: np.ndarray, share: float) -> np.ndarray:
    """Labels of which a share stays and the others are shuffled among themselves."""
    random = np.random.default_rng(1)
    others, labels = random.random(len(labels)) >= share, labels.copy()
    labels[others] = random.permutation(labels[others])
    return labels


def test_labels_that_a_lexicon_made_are_told(texts, made):
    audit = audit_labels(texts, made)
    assert audit.verdict.startswith("labels look lexicon-made: 99% agreement") or "100% agreement" in audit.verdict
    assert audit.agreement > 0.98 > 0.7 > audit.baseline
    assert audit.table["agreement"].idxmax() == "lexicon, words"
    assert audit.agreement == audit.table["agreement"].max()
    steps, slope = audit.table.loc["lexicon, words", ["error in steps", "error in a slope"]]
    assert 0 <= steps < slope < 0.1


def test_labels_of_two_classes_and_with_numbers_for_names_are_told(texts):
    scores = lexicon_scores([clean(text, "words") for text in texts])
    audit = audit_labels(pd.Series(texts, index=range(7, 1007)), (scores > 0.05).astype(int))
    assert audit.verdict.startswith("labels look lexicon-made")


def test_labels_that_a_lexicon_made_in_part_are_told_as_such(texts, made):
    audit = audit_labels(texts, mixed(made, 0.6))
    assert audit.verdict.startswith("labels look partly lexicon-made")
    assert audit.agreement == pytest.approx(
        0.6 + 0.4 * sum((made == name).mean() ** 2 for name in LABEL_ORDER), abs=0.05
    )


def test_shuffled_labels_show_no_sign_and_score_like_the_majority(texts, made):
    audit = audit_labels(texts, np.random.default_rng(0).permutation(made))
    assert audit.verdict.startswith("no sign of a lexicon")
    majority = max((made == name).mean() for name in LABEL_ORDER)
    assert audit.table.loc["majority", "agreement"] == pytest.approx(majority)
    assert audit.agreement == pytest.approx(majority, abs=0.06)


@pytest.mark.parametrize("cuts", [CUTS, [0.0]], ids=["five classes", "two classes"])
@pytest.mark.parametrize("doubt", [0.1, 0.25, 0.5])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_reader_who_hesitates_where_the_score_is_near_a_cut_is_no_lexicon(texts, cuts, doubt, seed):
    """Even one whose labels the lexicon reproduces nine times in ten."""
    few = texts[seed * 300 :][:300]
    scores = lexicon_scores([clean(text, "words") for text in few])
    felt = scores + np.random.default_rng(seed).normal(0, doubt, len(scores))
    audit = audit_labels(few, np.digitize(felt, cuts))
    assert audit.agreement > audit.baseline
    assert audit.verdict.startswith("no sign of a lexicon")


@pytest.mark.parametrize("doubt", [0.2, 0.4])
def test_a_reader_of_three_classes_for_whom_no_listed_word_is_neutral_is_no_lexicon(texts, doubt):
    """Many texts have a score of exactly 0: all neutral, they are a step of their own that is no rule's."""
    scores = lexicon_scores([clean(text, "words") for text in texts])
    felt = scores + np.random.default_rng(0).normal(0, doubt, len(scores)) * (scores != 0)
    assert (scores == 0).mean() > 0.1
    assert audit_labels(texts, np.digitize(felt, [-0.05, 0.05])).verdict.startswith("no sign of a lexicon")


def test_labels_by_hand_show_no_sign():
    rows = [(line.strip(), label) for label, lines in BY_HAND.items() for line in lines.strip().splitlines()]
    audit = audit_labels(*zip(*rows, strict=True))
    assert len(rows) == 60
    assert audit.verdict.startswith("no sign of a lexicon")
    assert audit.agreement < 0.5


def test_no_row_is_judged_by_cuts_or_words_that_were_learnt_from_it():
    """Labels that hang on nothing: whoever learnt from the row that is judged would know more than chance."""
    random = np.random.default_rng(0)
    moods = random.choice(["good", "bad", "great", "sad", "so", "kind", "dead"], (150, 3))
    texts = [f"word{number} {' '.join(words)}" for number, words in enumerate(moods)]
    audit = audit_labels(texts, random.integers(0, 5, 150))
    assert audit.baseline < 0.3
    assert audit.agreement < 0.3


def test_a_class_of_two_rows_stays_in(texts, made, recwarn):
    labels = made.copy()
    labels[:2] = "Rare"
    assert audit_labels(texts, labels).verdict.startswith("labels look lexicon-made")


@pytest.mark.parametrize("labels", [[], ["a", "b"], ["a"] * 90, ["a"] * 90 + ["b"] * 4])
def test_too_few_rows_end_in_one_sentence(labels):
    with pytest.raises(TweetsentError, match=f"^{len(labels)} labels are too few to audit: give two classes") as caught:
        audit_labels(["a good day"] * len(labels), labels)
    assert "\n" not in str(caught.value)


def test_cuts_fall_where_the_labels_change():
    scores = np.array([-0.9, -0.7, -0.6, -0.2, 0.0, 0.0, 0.3, 0.5, 0.7, 0.9])
    labels = np.digitize(scores, [-0.5, 0.25, 0.6])
    answers, distances, cuts = cut(scores, labels, np.array([-1.0, 0.1, 0.26, 1.0]))
    assert cuts == pytest.approx([-0.4, 0.15, 0.6])
    assert answers.tolist() == [0, 1, 2, 3]
    assert distances == pytest.approx([0.6, 0.05, 0.11, 0.4])


def test_where_the_score_says_nothing_there_is_no_cut_and_the_answer_is_the_majority():
    answers, distances, cuts = cut(np.zeros(5), np.array(list("aabbb")), np.array([0.5]))
    assert answers.tolist() == ["b"] and len(cuts) == 0 and distances.tolist() == [2]
    french = [f"le magasin ouvre {number}" for number in range(40)]
    assert audit_labels(french, ["oui", "non"] * 20).verdict.startswith("no sign of a lexicon")


def test_scores_of_odd_texts():
    scores = lexicon_scores(["", "good", "GOOD day but bad", "queue but " * 100_000, "\x07\x1b[31m", "📈"])
    assert len(scores) == 6 and scores[0] == scores[3] == 0 < scores[1]
    assert lexicon_scores([]).shape == (0,)


# What lives in the notebook.


def test_older_scores_know_neither_the_later_words_nor_the_later_rule():
    new, old = lexicon_scores, notebook.older_scores
    for text in ("my heart", "no panic no fraud", "NO help at all"):
        assert new([text])[0] != old([text])[0]
    for text in ("a good day", "NOBODY knows", "nowhere near, not bad", "a sad no", ""):
        assert new([text])[0] == old([text])[0]
    assert old(["my heart"])[0] == 0
    assert old(["no"])[0] == new(["no"])[0] < 0  # the word itself keeps its value


def test_without_nltk_there_are_no_scores_of_its_copy(monkeypatch):
    monkeypatch.setitem(sys.modules, "nltk", None)
    assert notebook.nltk_scores(["good"]) is None


def test_with_nltk_its_copy_gives_the_scores(monkeypatch):
    class Analyzer:
        def polarity_scores(self, text: str) -> dict:
            return {"compound": 0.5 if "good" in text else 0.0}

    copy = SimpleNamespace(SentimentIntensityAnalyzer=Analyzer)
    for name in ("nltk", "nltk.sentiment", "nltk.sentiment.vader"):
        monkeypatch.setitem(sys.modules, name, copy)
    assert notebook.nltk_scores(["good", "queue"]).tolist() == [0.5, 0.0]


@pytest.mark.parametrize("name", ["02_dataset_creation", "03_training"])
def test_training_never_sees_a_lexicon(name):
    """It sees the file's texts and labels: neither its notebooks nor the modules that they import ask VADER."""
    source = (PROJECT_ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8")
    modules, seen = set(re.findall(r"from tweetsent_utils\.(\w+) import", source)), set()
    assert "dataset" in modules and not re.search("vaderSentiment|nltk", source)
    while modules - seen:
        seen |= {module := min(modules - seen)}
        code = (PROJECT_ROOT / "tweetsent_utils" / f"{module}.py").read_text(encoding="utf-8")
        assert not re.search("vaderSentiment|nltk", code), f"{name} imports {module}"
        modules |= set(re.findall(r"from tweetsent_utils\.(\w+) import", code))
    assert "audit" not in seen


def test_each_plain_word_is_left_out_once():
    left = notebook.without_each_word("Good, good @shop! it's #sad https://t.co/x", 64)
    assert left[:2] == [
        ("good", ", good @shop! it's #sad https://t.co/x"),
        ("good", "Good,  @shop! it's #sad https://t.co/x"),
    ]
    assert [word for word, _ in left] == ["good", "good", "it", "s"]
    assert len(notebook.without_each_word("a b c d", 3)) == 3
    assert notebook.without_each_word("#only @marks", 64) == []


def test_figures_stand_side_by_side_under_the_rows_of_the_real_files():
    here = {"b": {"tweets": 1200, "share": 0.5}, "c": {"tweets": 1, "share": 1.0}}
    there = {"a": {"tweets": 3, "share": 0.25}, "b": {"tweets": 4, "share": 0.125}}
    table = notebook.side_by_side(here, there, ["tweets", "share"])
    assert table.loc["a"].tolist() == ["", "", "3", "0.2500"]
    assert table.loc["b"].tolist() == ["1,200", "0.5000", "4", "0.1250"]
    assert table.index.tolist() == ["a", "b"]


# What was measured on the real files.


def test_the_published_audit_has_figures_only_and_tells_the_story():
    real = load_json(REFERENCE / "label_audit.json")

    def strings(value: object) -> list[str]:
        parts = [*value.values(), *value] if isinstance(value, dict) else value if isinstance(value, list) else []
        return [value] if isinstance(value, str) else [text for part in parts for text in strings(part)]

    assert max(len(text) for text in strings(real)) < 100  # no text of a tweet
    test = [row["test"] for row in real["steps"].values()]
    assert test == sorted(test) and test[-1] > 0.99
    for row in real["steps"].values():
        assert row["cuts"] == pytest.approx(CUTS, abs=0.012)
    assert real["audit"]["verdict"].startswith("labels look lexicon-made")
    assert sum(real["rows"].values()) == 41_157


def test_its_steps_agree_with_what_was_measured_on_the_official_files():
    steps = load_json(REFERENCE / "label_audit.json")["steps"]
    official = [row["train"] for row in load_json(REFERENCE / "published.json")["rule_agreement"]]
    ours = [steps[step]["train"] for step in ("as it is", "no punctuation", "no hashtags", "NLTK's copy")]
    assert ours == pytest.approx(official, abs=0.003)


def test_the_cleanings_last_step_is_the_rules(texts):
    """The steps that the notebook types out end in the expression of the package."""
    source = (PROJECT_ROOT / "notebooks" / "05_label_audit.ipynb").read_text(encoding="utf-8")
    assert 'f\\"[@#][A-Za-z0-9]+|{LINK}|{SIGN}\\"' in source
    form = r"[@#][A-Za-z0-9]+|\w+://\S+|[^A-Za-z0-9 \t]"
    assert all(re.sub(form, " ", text).split() == clean(text, "words").split() for text in texts)


@pytest.mark.parametrize("name", ["audit_rows", "explained_rows"])
def test_the_costs_are_counts(name):
    assert coerce(name, "0", known_parameters()) == 0
    with pytest.raises(TweetsentError, match=f"{name} is -1"):
        coerce(name, -1, known_parameters())
