"""The audit of labels: what a lexicon made is known from what was shuffled, mixed, or felt."""

import re

import numpy as np
import pandas as pd
import pytest
from tiny import LABEL_ORDER

from tweetsent_utils.data.cleaning import clean
from tweetsent_utils.data.reading import read_tweets
from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.evaluation.audit import (
    UNTOLD,
    audit_if_possible,
    audit_labels,
    report_honestly,
)
from tweetsent_utils.evaluation.lexicon import lexicon_scores
from tweetsent_utils.paths import REFERENCE

CUTS = [-0.6, -0.05, 0.05, 0.6]

# Written and labelled by hand for this test: what a person hears in them is seldom what their
# words are worth.
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
    """600 tweets of the sample, a seeded draw."""
    file = "data/sample/Corona_NLP_train.csv"
    tweets = read_tweets(file, "OriginalTweet", "Sentiment", "ISO-8859-1")
    return tweets["OriginalTweet"].sample(600, random_state=0).tolist()


@pytest.fixture(scope="module")
def scores(texts) -> np.ndarray:
    """Their scores by the lexicon."""
    return lexicon_scores([clean(text, "words") for text in texts])


@pytest.fixture(scope="module")
def made(scores) -> np.ndarray:
    """Their labels by the rule: names, as a file has them."""
    return np.array(LABEL_ORDER)[np.digitize(scores, CUTS)]


def test_labels_that_a_lexicon_made_are_recognised(texts, made):
    audit = audit_labels(texts, made)
    assert audit.verdict.startswith("labels look lexicon-made")
    assert audit.agreement > 0.98 > 0.7 > audit.baseline
    agreements = audit.table["agreement"]
    assert agreements.idxmax() == "lexicon, words"
    assert agreements.max() == audit.agreement
    assert agreements[["majority", "bag_of_words"]].max() == audit.baseline
    steps, slope = audit.table.loc["lexicon, words", ["error in steps", "error in a slope"]]
    assert 0 <= steps < slope < 0.1


def test_two_classes_with_numbers_for_names_are_recognised(texts, scores):
    """Though a slope can be as steep as their one step, and then fits better."""
    column = pd.Series(texts[:300], index=range(7, 307))
    audit = audit_labels(column, (scores[:300] > -0.3).astype(int))
    steps, slope = audit.table.loc["lexicon, words", ["error in steps", "error in a slope"]]
    assert slope < steps
    assert audit.verdict.startswith("labels look lexicon-made")


def test_labels_that_a_lexicon_made_in_part_are_recognised_as_such(texts, made):
    random = np.random.default_rng(1)
    labels = made.copy()
    others = random.random(len(labels)) >= 0.6
    labels[others] = random.permutation(labels[others])
    audit = audit_labels(texts, labels)
    assert audit.verdict.startswith("labels look partly lexicon-made")
    assert audit.agreement == pytest.approx((labels == made).mean(), abs=0.03)


def test_shuffled_labels_show_no_sign_and_score_like_the_majority(texts, made):
    audit = audit_labels(texts, np.random.default_rng(0).permutation(made))
    assert audit.verdict.startswith("no sign of a lexicon")
    majority = pd.Series(made).value_counts(normalize=True).max()
    assert audit.table.loc["majority", "agreement"] == pytest.approx(majority)
    assert audit.agreement == pytest.approx(majority, abs=0.06)


@pytest.mark.parametrize("cuts", [CUTS, [0.0]], ids=["five classes", "two classes"])
@pytest.mark.parametrize(("seed", "doubt"), enumerate([0.1, 0.25, 0.5]))
def test_reader_who_hesitates_where_the_score_is_near_a_cut_is_no_lexicon(
    texts,
    scores,
    cuts,
    seed,
    doubt,
):
    """Even one whose labels the lexicon repeats nine times in ten."""
    rows = slice(seed * 150, seed * 150 + 300)
    felt = scores[rows] + np.random.default_rng(seed).normal(0, doubt, 300)
    audit = audit_labels(texts[rows], np.digitize(felt, cuts))
    assert audit.agreement > audit.baseline
    assert audit.verdict.startswith("no sign of a lexicon")


@pytest.mark.parametrize("doubt", [0.2, 0.4])
def test_reader_for_whom_a_text_without_a_listed_word_is_neutral_is_no_lexicon(
    texts,
    scores,
    doubt,
):
    """Many texts have a score of exactly 0: all neutral, they are a step that no rule made."""
    listed = scores != 0
    assert listed.mean() < 0.9
    felt = scores + np.random.default_rng(0).normal(0, doubt, len(scores)) * listed
    audit = audit_labels(texts, np.digitize(felt, [-0.05, 0.05]))
    assert audit.verdict.startswith("no sign of a lexicon")


def test_labels_by_hand_show_no_sign():
    lines = {label: block.strip().splitlines() for label, block in BY_HAND.items()}
    by_line = pd.Series(lines).explode()
    audit = audit_labels(by_line.str.strip(), by_line.index)
    assert len(by_line) == 60
    assert audit.verdict.startswith("no sign of a lexicon")
    assert audit.agreement < 0.5


def test_texts_without_any_listed_word_show_no_sign():
    french = [f"le magasin ouvre {number}" for number in range(40)]
    assert audit_labels(french, ["oui", "non"] * 20).verdict.startswith("no sign of a lexicon")


def test_no_row_is_judged_by_cuts_or_words_that_were_learnt_from_it():
    """These labels depend on nothing: only a leak from the row that is judged beats chance."""
    random = np.random.default_rng(0)
    words = random.choice(["good", "bad", "great", "sad", "so", "kind", "dead"], (150, 3))
    texts = [f"word{number} {' '.join(row)}" for number, row in enumerate(words)]
    audit = audit_labels(texts, random.integers(0, 5, 150))
    assert audit.baseline < 0.3
    assert audit.agreement < 0.3


@pytest.mark.parametrize("rows", [1, 2])
def test_class_of_one_or_two_rows_takes_part_without_a_warning(texts, made, rows, recwarn):
    labels = made[:300].copy()
    labels[:rows] = "Rare"
    audit = audit_labels(texts[:300], labels)
    assert audit.verdict.startswith("labels look lexicon-made")
    assert audit.agreement <= 1 - rows / 300  # no rule can answer with it
    assert not recwarn.list


def test_two_classes_of_five_rows_are_enough(recwarn):
    texts = ["the shop opens at nine"] * 995 + ["a good day"] * 5
    audit = audit_labels(texts, [0] * 995 + [1] * 5)
    assert audit.agreement == 1
    assert UNTOLD in audit.verdict  # nothing is near a cut
    assert not recwarn.list


def test_plain_praise_and_plain_complaints_are_not_said_to_be_made_by_a_lexicon():
    """A reader and a word list agree on them; only texts near a cut would tell them apart."""
    praise = "superb great wonderful excellent splendid lovely perfect fantastic amazing good"
    complaints = "awful terrible horrible nasty bad rotten disgusting dreadful horrid miserable"
    texts = [f"the soup was {word}" for word in f"{praise} {complaints}".split()]
    audit = audit_labels(texts, ["praise"] * 10 + ["complaint"] * 10)
    assert audit.agreement == 1
    assert audit.baseline < 0.75
    assert UNTOLD in audit.verdict
    assert "lexicon-made" not in audit.verdict


@pytest.mark.parametrize("texts", [["📦", "🧻"] * 10, ["很好", "很差"] * 10, ["tea"] * 20])
def test_texts_without_a_listed_word_have_an_audit(texts, recwarn):
    audit = audit_labels(texts, ["up", "down"] * 10)
    assert audit.agreement == 0.5  # no score tells them apart: the answer is one class
    assert audit.verdict.startswith("no sign of a lexicon")
    assert not recwarn.list


@pytest.mark.parametrize("labels", [[], ["a", "b"], ["a"] * 90, ["a"] * 90 + ["b"] * 4])
def test_too_few_rows_are_refused(labels):
    with pytest.raises(TweetsentError, match=f"^{len(labels)} labels are too few to audit"):
        audit_labels(["a good day"] * len(labels), labels)


def test_where_nothing_can_be_audited_the_verdict_says_so_and_figures_are_gaps():
    audit = audit_if_possible(["a good day"] * 94, ["a"] * 90 + ["b"] * 4)
    assert audit.verdict.startswith("94 labels are too few to audit")
    assert "lexicon-made" not in audit.verdict
    assert audit.agreement is audit.baseline is None
    assert audit.table.empty


def test_where_labels_can_be_audited_they_are(texts, made):
    audit, same = audit_labels(texts[:60], made[:60]), audit_if_possible(texts[:60], made[:60])
    assert same.table.equals(audit.table)
    assert same[:3] == audit[:3]


def test_anything_but_texts_is_refused():
    with pytest.raises(TweetsentError, match="the text in row 2 is 7"):
        audit_labels(["a good day", 7] * 5, [0, 1] * 5)


def test_published_audit_holds_no_text_of_a_tweet():
    published = (REFERENCE / "label_audit.json").read_text(encoding="utf-8")
    strings = re.findall(r'"(?:[^"\\]|\\.)*"', published)
    assert 0 < max(map(len, strings)) < 100


@pytest.mark.parametrize(
    ("verdict", "means"),
    [
        ("labels look lexicon-made: 98% agreement", "how well it imitates that list"),
        ("labels look partly lexicon-made: 60% agreement", "how well it repeats the labels"),
        ("no sign of a lexicon: 41% agreement", "how well it repeats the labels"),
        ("4 labels are too few to audit", "how well it repeats the labels"),
    ],
)
def test_an_honest_report_says_what_the_accuracy_means(verdict, means):
    report = report_honestly(0.668, 0.278, verdict, 0.998)
    assert max(map(len, report.splitlines())) <= 60
    in_one_line = " ".join(report.split())
    for part in ("0.668", "0.278", verdict, "0.9980", means):
        assert part in in_one_line


def test_the_figures_of_an_audit_are_ready_for_a_record():
    assert audit_if_possible([], []).figures() == {
        "verdict": audit_if_possible([], []).verdict,
        "agreement": None,
        "baseline": None,
    }
