"""How a reply as a whole came about."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from engine import Reply, Sampling
from engine.language import text
from engine.parameters import number
from engine.presets import preset_of
from tui.bars import bar, fit
from tui.tints import Reading

_PERCENT = 5  # cells of " 100%"
_SEEN = 0.005  # a probability below this is written as 0 %


class ReplyFacts(Static):
    """The likeliest topics and how the reply was sampled: below each other, or in a row where there is less room.

    Args:
        reply: of a model.
    """

    reading: reactive[Reading | None] = reactive(None, layout=True)

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self._reply = reply

    def render(self) -> Content:
        """Draw the figures once the tokens are there."""
        if self.reading is None:
            return Content()
        lines = facts(self._reply, self.reading)
        topics = [topic for topic in self._reply.topics.likeliest if topic.probability >= _SEEN]
        if not self.screen.has_class("-wide"):
            first = [f"{topic.label} {topic.probability:.0%}" for topic in topics[:2]]
            return Content(" · ".join([*first, *lines]))
        width = self.content_size.width - _PERCENT
        bars = [
            Content.assemble(
                fit(topic.label, width // 2 - 1),
                " ",
                (bar(topic.probability, width - width // 2), "$secondary"),
                f"{topic.probability:.0%}".rjust(_PERCENT),
            )
            for topic in topics
        ]
        return Content("\n").join([*bars, Content(), *map(Content, lines)])


def facts(reply: Reply, reading: Reading) -> list[str]:
    """Return how sure the model was, where there was a choice, and what the reply was sampled with.

    Args:
        reply: of a model.
        reading: of its tokens.
    """
    first = reply.samplings[0][1]
    forks, tokens = len(reading.forks), len(reading.tokens)
    return [
        text("혼란도(perplexity) ", "perplexity ") + f"{reading.perplexity:.2f}",
        text(f"갈림길 {forks}곳 / 토큰 {tokens}개", f"{forks} forks in {tokens} tokens"),
        text(f"씨앗 {reply.seed}", f"seed {reply.seed}"),
        _described(first),
        *(
            text(f"{place + 1}번째 토큰부터 {named}", f"from token {place + 1} on {named}")
            for place, named in changes(reply.samplings)
        ),
    ]


def changes(samplings: Sequence[tuple[int, Sampling]]) -> list[tuple[int, str]]:
    """Return at which place what was turned in mid-reply: "temperature 0.7→1.2"."""
    return [(place, ", ".join(_turned(before, after))) for (_, before), (place, after) in pairwise(samplings)]


def _turned(before: Sampling, after: Sampling) -> list[str]:
    old, new = asdict(before), asdict(after)
    return [f"{name} {number(old[name])}→{number(new[name])}" for name in old if old[name] != new[name]]


def _described(sampling: Sampling) -> str:
    """Name the preset, or else the values that are no default."""
    preset = preset_of(sampling)
    if preset:
        return text(f"프리셋 {preset.name}", f"preset {preset.name}")
    usual = asdict(Sampling())
    return ", ".join(
        f"{name} {number(value)}"
        for name, value in asdict(sampling).items()
        if value != usual[name] and name != "seed"
    )
