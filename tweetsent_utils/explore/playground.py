"""A playground: type a text, and watch what models make of it, word by word."""

import asyncio
from collections.abc import Sequence

from ipywidgets import Button, Dropdown, HBox, Textarea, VBox, Widget

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.explore.examples import Example, Examples, name_choices, tidy_examples
from tweetsent_utils.explore.live_html import LiveHTML, display_live
from tweetsent_utils.explore.played_text import PlayedText
from tweetsent_utils.scoring.classifier import TweetClassifier
from tweetsent_utils.show.opening import PAIR


class PlaygroundPanel:
    """The controls of a playground in JupyterLab, and its picture, which follows them."""

    def __init__(self, game: PlayedText, groups: dict[str, list[Example]]) -> None:
        self.game = game
        self.groups = groups
        self.picked: Example | None = None
        self.has_kept = False  # somebody has asked for a text to compare with
        self.task: asyncio.Task | None = None
        self.page = LiveHTML(html=game.html(), label="What becomes of the text")
        self.box = Textarea(
            game.now.text,
            description="Your text",
            rows=3,
            continuous_update=True,
            layout={"width": "auto", "max_width": "46em"},
        )
        self.box.add_class("tweetsent-box")
        self.group = Dropdown(
            options=[(f"{name} ({len(group)})", name) for name, group in self.groups.items()],
            description="Pick from",
        )
        self.choice = Dropdown(
            description="the text",
            layout={"flex": "0 1 30em", "min_width": "0"},
        )
        self.keep = Button(
            description="Keep this text to compare with",
            tooltip="From now on, the thin marks show the answers to this text",
            layout={"width": "auto"},
        )
        self.back = Button(
            description="Back to the text kept",
            tooltip="Undo all changes since then",
            layout={"width": "auto"},
        )
        self.offer_choices()
        self.box.observe(self.read, "value")
        self.group.observe(self.pick_group, "value")
        self.choice.observe(self.pick, "value")
        self.keep.on_click(self.keep_text)
        self.back.on_click(self.go_back)

    @property
    def widget(self) -> Widget:
        """Everything, as one widget."""
        wrap = {"flex_flow": "row wrap"}
        buttons = HBox([self.keep, self.back], layout=wrap)
        pickers = [HBox([self.group, self.choice], layout=wrap)] if self.groups else []
        return VBox([*pickers, self.box, buttons, self.page])

    def offer_choices(self) -> None:
        """List the texts of the group that is picked from."""
        choices = name_choices(self.groups.get(self.group.value, []))
        self.choice.options = choices
        self.choice.index = 0 if choices else None

    def read(self, change: dict) -> None:
        """Show the answers to what is typed, and then its words."""
        if change["new"] != self.game.now.text:
            self.game.read(change["new"])
            self.show()
            self.weigh()

    def pick_group(self, change: dict) -> None:
        """Offer the texts of another group, and take its first."""
        self.offer_choices()
        self.pick(change)

    def pick(self, change: dict) -> None:
        """Take the text that is chosen, and compare with it, unless another is kept."""
        if self.choice.value is None:
            return
        example = self.groups[self.group.value][self.choice.value]
        if example is self.picked:
            return  # a new group may announce its first one twice
        self.picked = example
        self.game.pick(*example, keeps=not self.has_kept)
        self.box.value = self.game.now.text
        self.show()
        self.weigh()

    def keep_text(self, button: Button) -> None:
        """Compare with the present text, also when examples are picked."""
        self.has_kept = True
        self.game.keep()
        self.show()

    def go_back(self, button: Button) -> None:
        """Take the text that is compared with again."""
        self.box.value = self.game.before.text

    def show(self) -> None:
        """Let the picture follow."""
        self.page.html = self.game.html()

    def weigh(self) -> None:
        """Weigh the words as soon as nobody types, a few at a time: keys go first.

        Where nothing else can happen in the meantime, as in a script, do it at once.
        """
        if self.task:
            self.task.cancel()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.game.weigh_all()
            self.show()
        else:
            self.task = loop.create_task(self.weigh_in_turns())

    async def weigh_in_turns(self) -> None:
        """Weigh the words, and let the kernel look for keys in between."""
        await asyncio.sleep(0)
        while self.game.weigh_some():
            await asyncio.sleep(0)
        self.show()


def start_game(
    readers: Sequence[TweetClassifier],
    ordered: bool,
    groups: dict[str, list[Example]],
) -> PlayedText:
    """Return a playground with the first of the examples in it, its words weighed."""
    if not readers:
        raise TweetsentError("there is no model to play with: give one or more readers")
    first = next(iter(groups.values()), [Example(PAIR[0])])[0]
    game = PlayedText(readers, ordered, *first)
    game.weigh_all()
    return game


def make_panel(
    readers: Sequence[TweetClassifier],
    ordered: bool,
    examples: Examples | None = None,
) -> PlaygroundPanel:
    """Return a playground with its controls, for a page that displays its `widget`.

    The arguments are those of `playground`.
    """
    groups = tidy_examples(examples)
    return PlaygroundPanel(start_game(readers, ordered, groups), groups)


def playground(
    readers: Sequence[TweetClassifier],
    ordered: bool,
    examples: Examples | None = None,
) -> None:
    """Show a box to type a text into, and what models make of it: answers, words, tokens.

    `readers` are one model or more, side by side; `ordered` says whether their classes have an
    order. `examples` are groups of texts to pick from, such as those of `pick_examples`. Where
    nobody types, it is a picture of the first of them. Raises `TweetsentError` without a reader.
    """
    groups = tidy_examples(examples)
    game = start_game(readers, ordered, groups)
    display_live(lambda: PlaygroundPanel(game, groups).widget, game.html())
