"""What a word list says of a text, and where a model parts from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import escape

from tweetsent_utils.data.cleaning import clean
from tweetsent_utils.evaluation.lexicon import (
    ListedWord,
    find_listed,
    label_by_list,
    lexicon_scores,
    words_with_rules,
)
from tweetsent_utils.explore.bars import show_change
from tweetsent_utils.explore.pushes import SMALL
from tweetsent_utils.explore.weighing import Push
from tweetsent_utils.show.opening import CUTS

# The classes of the real labels, which the list's score gives when it is cut.
FIVE = ("Extremely Negative", "Negative", "Neutral", "Positive", "Extremely Positive")
MOST_LISTED = 12  # words that are shown
LARGE = 0.2  # a push of a word off the list that is worth a sentence


@dataclass(frozen=True)
class ListVerdict:
    """The list's score of a text, from -1 to 1, its words in it, and the class if it has one."""

    score: float
    words: list[ListedWord]
    label: str | None


def ask_list(text: str, label_order: Sequence[str]) -> ListVerdict:
    """Return what VADER says of a text's bare words.

    The score is cut into a class where the classes are the five of the real labels.
    """
    words = find_listed(text)
    if tuple(label_order) != FIVE:
        (score,) = lexicon_scores([clean(text, "words")])
        return ListVerdict(float(score), words, None)
    (row,) = label_by_list([text], CUTS, FIVE).to_dict("records")
    return ListVerdict(row["score"], words, row["label"])


def show_verdict(verdict: ListVerdict) -> str:
    """Return a list's verdict as HTML: class and score, and its words with their values."""
    number = show_change(verdict.score) or "0.00"
    says = f"<b>{verdict.label}</b>, score {number}" if verdict.label else f"<b>{number}</b>"
    head = f"The word list (VADER): {says}."
    if not verdict.words:
        return f"<p>{head} It knows no word of this text.</p>"
    shown = [show_listed(word) for word in verdict.words[:MOST_LISTED]]
    others = len(verdict.words) - len(shown)
    if others:
        shown.append(f"and {others} more")
    return f"<p>{head} It knows {', '.join(shown)}.</p>"


def show_listed(word: ListedWord) -> str:
    """Return a word of the list with its value, and with what it counts for if that differs."""
    value = show_value(word.value)
    counted = show_value(word.counted)
    here = "" if counted == value else f", which counts as {counted} here"
    return f'<span class="listed"><bdi>{escape(word.word)}</bdi> {value}</span>{here}'


def show_value(value: float) -> str:
    """Return a value of the list with its sign.

    >>> show_value(-2.294)
    '\N{MINUS SIGN}2.3'
    """
    return f"{value:+.1f}".replace("-", "\N{MINUS SIGN}") if round(value, 1) else "0"


def compare_with_list(
    verdict: ListVerdict,
    answer: str,
    text: str,
    pushes: Sequence[Push],
    ordered: bool,
) -> str:
    """Return in one sentence of HTML where a model's answer parts from the list's, and by what.

    For classes that the list does not know, there is nothing to compare.
    """
    if verdict.label is None:
        return ""
    if verdict.label == answer:
        head = f"Model and list agree on {escape(answer)}"
    else:
        head = f"The model says {escape(answer)}, the list {escape(verdict.label)}"
    reasons = [ignored_word(verdict, text, pushes), word_off_the_list(verdict, text, pushes)]
    said = " and ".join(reason for reason in reasons if reason)
    if not said:
        return f"{head}."
    return f"{head}, but {said}." if verdict.label == answer else f"{head}; {said}."


def ignored_word(verdict: ListVerdict, text: str, pushes: Sequence[Push]) -> str:
    """Return in a clause which word the list counts most and the model does not follow, if any."""
    effects: dict[str, float] = {}
    for push in pushes:
        word = text[push.start : push.end].lower()
        effects[word] = effects.get(word, 0.0) + push.effect
    for listed in sorted(verdict.words, key=lambda listed: -abs(listed.counted)):
        effect = effects.get(listed.word.lower())
        if effect is None or not listed.counted:
            continue
        if effect * listed.counted < 0 or abs(effect) < SMALL:
            number = show_change(effect) or "0.00"
            counts = f"counts {show_value(listed.counted)} on the list"
            return f"“<bdi>{escape(listed.word)}</bdi>” {counts} and {number} for the model"
    return ""


def word_off_the_list(verdict: ListVerdict, text: str, pushes: Sequence[Push]) -> str:
    """Return in a clause which word without a value on the list moves the model most, if any."""
    known = {listed.word.lower() for listed in verdict.words}
    strangers = [push for push in pushes if text[push.start : push.end].lower() not in known]
    if not strangers:
        return ""
    strongest = max(strangers, key=lambda push: abs(push.effect))
    if abs(strongest.effect) < LARGE:
        return ""
    word = text[strongest.start : strongest.end][:40]
    number = show_change(strongest.effect)
    knowledge = "which the list doesn't know"
    if word.lower() in words_with_rules():
        knowledge = "for which the list has a rule and no value"
    return f"the model goes by “<bdi>{escape(word)}</bdi>” ({number}), {knowledge}"
