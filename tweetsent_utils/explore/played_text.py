"""A text that somebody changes, and the picture of what models make of it, word by word."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import escape

from tweetsent_utils.explore.bars import probability_bars
from tweetsent_utils.explore.edits import describe_change, describe_edit
from tweetsent_utils.explore.list_verdict import (
    ListVerdict,
    ask_list,
    compare_with_list,
    show_verdict,
)
from tweetsent_utils.explore.pushes import explain_pushes, push_words
from tweetsent_utils.explore.token_view import TokenView
from tweetsent_utils.explore.weighing import Weighing
from tweetsent_utils.scoring.classifier import TweetClassifier

MOST_CHARACTERS = 5000  # of a text that are read, as many as the word list scores


@dataclass
class Reading:
    """A text, what each reader answers and how its words push, and what the word list says."""

    text: str
    weighings: list[Weighing]
    verdict: ListVerdict

    @property
    def is_weighed(self) -> bool:
        """Whether the words are weighed for every reader."""
        return all(weighing.is_done for weighing in self.weighings)


class PlayedText:
    """A text that changes, what one or more readers make of it, and what it is compared with.

    After `read`, the answers are there at once; the pushes of the words come with `weigh_some`, and
    until they are all there, `html` shows those of the text before.
    """

    def __init__(
        self, readers: Sequence[TweetClassifier], ordered: bool, text: str, note: str = ""
    ) -> None:
        self.readers = list(readers)
        self.ordered = ordered
        self.views = [TokenView(reader.tokenizer) for reader in self.readers]
        self.trouble = ""
        self.note = ""
        self.now = self.weighed = self.before = self.ask("")
        self.pick(text, note)

    def ask(self, text: str) -> Reading:
        """Return what the readers and the word list say of a text."""
        weighings = [Weighing(reader, text, self.ordered) for reader in self.readers]
        return Reading(text, weighings, ask_list(text, self.readers[0].label_order))

    def read(self, text: str) -> None:
        """Take a new text, and ask for the answers to it.

        What goes wrong in a model is said in `html`, and the last text stays.
        """
        try:
            self.now = self.ask(clean_up(text))
            self.trouble = ""
        except Exception as error:  # noqa: BLE001 - nobody would see it, in a widget
            self.trouble = f"A model failed on this text: {error!r}"
        self.note = ""
        if len(text) > MOST_CHARACTERS:
            self.note = f"Only the first {MOST_CHARACTERS:,} characters are read."
        self.settle()

    def pick(self, text: str, note: str = "", keeps: bool = True) -> None:
        """Take an example, which is also what is compared with from now on, if it `keeps`."""
        self.read(text)
        self.note = f"{note} {self.note}".strip()
        if keeps:
            self.keep()

    def keep(self) -> None:
        """Compare with the present text from now on."""
        self.before = self.now

    def weigh_some(self) -> bool:
        """Weigh some more words of the text; return whether any are left.

        Where a model fails, the sentence that says so comes instead of the rest.
        """
        waiting = [weighing for weighing in self.now.weighings if not weighing.is_done]
        if waiting:
            try:
                waiting[0].weigh_some()
            except Exception as error:  # noqa: BLE001 - nobody would see it, in a widget
                self.trouble = f"A model failed on this text: {error!r}"
                self.weighed = self.now  # there is nothing more to wait for
                return False
        self.settle()
        return not self.now.is_weighed

    def weigh_all(self) -> None:
        """Weigh all words of the text."""
        while self.weigh_some():
            pass

    def settle(self) -> None:
        """Let the words of the text be shown, if they are all weighed."""
        if self.now.is_weighed:
            self.weighed = self.now

    def html(self) -> str:
        """Return the picture: bars, words, the word list's verdict, tokens."""
        columns = [self.show_reader(place) for place in range(len(self.readers))]
        trouble = f'<p role="alert">{escape(self.trouble[:300])}</p>' if self.trouble else ""
        legend = explain_pushes(self.readers[0].label_order, self.ordered)
        return (
            f"{trouble}{self.show_edit()}"
            f'<div class="columns">{"".join(columns)}</div>'
            f'<p class="quiet">{legend}</p>'
            f"{self.show_list()}{self.show_tokens()}"
        )

    def show_edit(self) -> str:
        """Return what is to say of the text, and how it differs from the one before."""
        note = f'<p class="quiet"><bdi>{escape(self.note)}</bdi></p>' if self.note else ""
        edit = describe_edit(self.before.text, self.now.text)
        return f"{note}<p>{edit}</p>" if edit else note

    def show_reader(self, place: int) -> str:
        """Return what one reader makes of the text."""
        reader, view = self.readers[place], self.views[place]
        probabilities = self.now.weighings[place].answer[0]
        before, change = None, ""
        if self.now.text != self.before.text:
            before = self.before.weighings[place].answer[0]
            change = f"<p>{describe_change(before, probabilities, reader.label_order)}</p>"
        answer = reader.label_order[probabilities.argmax()]
        heading = f'<div role="heading" aria-level="4">{escape(reader.name)}</div>'
        complaint = view.complain(self.now.text)
        return "".join(
            [
                f'<section aria-label="{escape(reader.name)}">',
                heading if len(self.readers) > 1 else "",
                f'<p class="answer" data-say><b><bdi>{escape(answer)}</bdi></b>',
                f" {probabilities.max():.2f} {describe_temperature(reader.temperature)}</p>",
                f'<p class="warning">{complaint}</p>' if complaint else "",
                probability_bars(probabilities, reader.label_order, self.ordered, before),
                change,
                self.show_words(place),
                "</section>",
            ]
        )

    def show_words(self, place: int) -> str:
        """Return the words with their pushes: those of the last text that is weighed."""
        if not self.weighed.text.strip():
            return ""
        pushes = self.weighed.weighings[place].pushes
        return f"<div{self.waiting()}>{push_words(self.weighed.text, pushes, self.ordered)}</div>"

    def waiting(self) -> str:
        """Return the attributes of what belongs to the text before, while words are weighed."""
        return "" if self.weighed is self.now else ' class="waiting" aria-busy="true"'

    def show_list(self) -> str:
        """Return the word list's verdict, and where the readers part from it."""
        sentences = []
        for place, reader in enumerate(self.readers):
            weighing = self.weighed.weighings[place]
            answer = reader.label_order[weighing.answer[0].argmax()]
            sentence = compare_with_list(
                self.weighed.verdict,
                answer,
                self.weighed.text,
                weighing.pushes,
                self.ordered,
            )
            if sentence and len(self.readers) > 1:
                sentence = f"<b>{escape(reader.name)}:</b> {sentence}"
            sentences.append(f"<p{self.waiting()}>{sentence}</p>" if sentence else "")
        return show_verdict(self.now.verdict) + "".join(sentences)

    def show_tokens(self) -> str:
        """Return the text's tokens under each cleaning; once, where the readers agree on them."""
        tables: dict[str, list[str]] = {}
        for reader, view in zip(self.readers, self.views, strict=True):
            tables.setdefault(view.html(self.now.text), []).append(reader.name)
        parts = []
        for table, names in tables.items():
            title = "Its tokens, by cleaning"
            if len(tables) > 1:
                title = f"{title}: {', '.join(names)}"
            parts.append(f'<div role="heading" aria-level="4">{escape(title)}</div>{table}')
        return "".join(parts)


def describe_temperature(temperature: float) -> str:
    """Return a remark on what made a model's probabilities honest, or "" for nothing."""
    if temperature == 1:
        return ""
    return f'<small class="quiet">calibrated, temperature {temperature:.2f}</small>'


def clean_up(text: str) -> str:
    """Return a text that every tokenizer takes: at most 5,000 characters, no half characters.

    A browser may send one half of an emoji while it is typed.
    """
    return text[:MOST_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
