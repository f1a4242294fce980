"""What was said in a session: utterances, their answers, and the branches that editing makes. Pure state."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from unicodedata import normalize

from engine import Reply, Turn
from engine.language import text

Kind = Literal["reply", "scripted", "failed"]
# Turns that the model gets at most. It reads far fewer; all others only keep a reply from coming again, and every reply
# holds on to what it was given.
REMEMBERED = 200


@dataclass(frozen=True)
class Variant:
    """One answer to an utterance.

    Attributes:
        text: as it is shown.
        kind: whether a model replied, the program spoke, or no answer could be given.
        reply: what the model replied, with all that is needed to make it again; no logits are kept.
        title: the label of the topic, or what kind of note it is.
    """

    text: str
    kind: Kind
    reply: Reply | None = None
    title: str = ""

    @property
    def is_damaged(self) -> bool:
        """Whether a model said it, but the record of how, as it was kept, could not be read."""
        return self.kind == "reply" and self.reply is None


@dataclass(frozen=True)
class Exchange:
    """An utterance and its answers.

    Attributes:
        key: unique in the session, ascending.
        said: the utterance.
        parent: the exchange that it follows; None for a first one.
        variants: the answers, in the order in which they came.
        shown: which of them is shown, and remembered by the model.
        begins: whether a new conversation begins with it: nothing above counts for the model.
        at: when it was said.
    """

    key: int
    said: str
    parent: int | None = None
    variants: tuple[Variant, ...] = ()
    shown: int = 0
    begins: bool = False
    at: datetime = field(default_factory=lambda: datetime.now().astimezone())

    @property
    def variant(self) -> Variant | None:
        """The answer that is shown, or None before there is any."""
        return self.variants[self.shown] if self.variants else None

    @property
    def reply(self) -> Reply | None:
        """The model's reply that is shown, or None if there is none."""
        return self.variant.reply if self.variant else None


class Transcript:
    """A tree of exchanges, of which one branch is shown.

    Example:
        transcript = Transcript()
        first = transcript.say("요즘 잠을 못 자요")
        transcript.answer(first.key, Variant(reply.text, "reply", reply, reply.topic))
        transcript.edit(first.key, "요즘 꿈을 자주 꿔요")  # what followed is kept beside

    Args:
        exchanges: of an earlier session, every one after its parent.
        last: the key of the one that the shown branch ends with; the newest branch if None.
    """

    def __init__(self, exchanges: Iterable[Exchange] = (), last: int | None = None) -> None:
        self.changed: Callable[[], None] = lambda: None  # called after every change
        self.go_on_with(exchanges, last)

    def go_on_with(self, exchanges: Iterable[Exchange], last: int | None) -> None:
        """Take up an earlier session in the place of this one; the arguments are those of the class."""
        self._all = {exchange.key: exchange for exchange in exchanges}
        self._children: dict[int | None, list[int]] = {}
        self._chosen: dict[int | None, int] = {}  # which child of an exchange is shown
        self._begins = False
        self._newest = max(self._all, default=0)
        for exchange in self._all.values():
            self._children.setdefault(exchange.parent, []).append(exchange.key)
            self._chosen[exchange.parent] = exchange.key
        while last is not None:
            parent = self._all[last].parent
            self._chosen[parent] = last
            last = parent
        self._path = self._walk()

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """Those of the branch that is shown, the oldest first."""
        return [self._all[key] for key in self._path]

    @property
    def keys(self) -> Sequence[int]:
        """The keys of `exchanges`."""
        return self._path

    @property
    def everything(self) -> Sequence[Exchange]:
        """The exchanges of all branches, every one after its parent."""
        return list(self._all.values())

    def __getitem__(self, key: int) -> Exchange:
        return self._all[key]

    def __contains__(self, key: int) -> bool:
        return key in self._all

    def say(self, said: str) -> Exchange:
        """Add an utterance at the end of the branch that is shown."""
        begins, self._begins = self._begins, False
        return self._add(said, self._path[-1] if self._path else None, begins)

    @property
    def awaits_beginning(self) -> bool:
        """Whether the next utterance begins a new conversation."""
        return self._begins

    def begin_anew(self) -> None:
        """Let the next utterance begin a new conversation."""
        self._begins = bool(self._path)

    def edit(self, key: int, said: str) -> Exchange:
        """Say something else in the place of an utterance; it and what followed are kept as a branch."""
        return self._add(said, self._all[key].parent, self._all[key].begins)

    def take_back(self, key: int) -> Exchange:
        """Remove an utterance that has no answer and that nothing follows, and return it."""
        exchange = self._all[key]
        if exchange.variants or self._children.get(key):
            raise ValueError(f"exchange {key} is answered or followed")
        del self._all[key]
        siblings = self._children[exchange.parent]
        siblings.remove(key)
        if siblings:
            self._chosen[exchange.parent] = siblings[-1]
        else:
            del self._children[exchange.parent], self._chosen[exchange.parent]
        self._path = self._walk()
        self._begins = self._begins or (exchange.begins and not siblings)
        self.changed()
        return exchange

    def answer(self, key: int, variant: Variant) -> Exchange:
        """Add an answer, which is shown from now on; it takes the place of a failure."""
        exchange = self._all[key]
        earlier = tuple(each for each in exchange.variants if each.kind != "failed")
        return self._set(replace(exchange, variants=(*earlier, variant), shown=len(earlier)))

    def show(self, key: int, index: int) -> Exchange:
        """Show another answer; the model remembers the one that is shown."""
        exchange = self._all[key]
        return self._set(replace(exchange, shown=min(max(index, 0), len(exchange.variants) - 1)))

    def branch(self, key: int) -> tuple[int, int]:
        """Return which of the utterances in the same place this one is, from 0, and how many there are."""
        siblings = self._children[self._all[key].parent]
        return siblings.index(key), len(siblings)

    def show_branch(self, key: int, index: int) -> Exchange:
        """Show another utterance in the place of this one, with what followed it."""
        parent = self._all[key].parent
        siblings = self._children[parent]
        self._chosen[parent] = siblings[min(max(index, 0), len(siblings) - 1)]
        self._path = self._walk()
        self.changed()
        return self._all[self._chosen[parent]]

    def before(self, key: int, model: str | None = None) -> tuple[Turn, ...]:
        """Return the turns that the model remembers when it answers this exchange.

        Args:
            key: of the exchange.
            model: the identity of the one that answers, since tokens of another one mean something else; None if the
                tokens do not matter.
        """
        turns: list[Turn] = []
        exchange = self._all[key]
        while exchange.parent is not None and not exchange.begins and len(turns) < REMEMBERED:
            exchange = self._all[exchange.parent]
            reply = exchange.reply
            if reply and reply.text:
                own = model is None or reply.model == model
                token_ids = reply.token_ids if own else ()
                turns.append(Turn(reply.question, reply.topic, reply.text, token_ids))
        return tuple(reversed(turns))

    def find(self, words: str) -> list[int]:
        """Return the keys of what is shown and has these words in the utterance or in the answer."""
        wanted = folded(words)
        return [
            e.key for e in self.exchanges if wanted and (wanted in folded(e.said) or wanted in _answer(e))
        ]

    def topics(self) -> list[tuple[int, str]]:
        """Return the label of every reply that is shown, with the key of its exchange."""
        return [(e.key, e.reply.topic) for e in self.exchanges if e.reply and e.reply.topic]

    def as_text(self) -> str:
        """Return what is shown as plain text."""
        lines: list[str] = []
        for exchange in self.exchanges:
            lines.append(f"{text('나', 'me')}: {exchange.said}")
            if exchange.variant:
                name = f"{exchange.variant.title}: " if exchange.variant.title else ""
                lines.append(name + exchange.variant.text)
        return "\n\n".join(lines) + "\n"

    def _add(self, said: str, parent: int | None, begins: bool) -> Exchange:
        self._newest += 1  # a key that was taken back does not come again
        exchange = Exchange(self._newest, said, parent, begins=begins)
        self._all[exchange.key] = exchange
        self._children.setdefault(parent, []).append(exchange.key)
        self._chosen[parent] = exchange.key
        if not self._path or parent == self._path[-1]:
            self._path.append(exchange.key)  # as nearly always; a walk takes its time after thousands
        else:
            self._path = self._walk()
        self.changed()
        return exchange

    def _set(self, exchange: Exchange) -> Exchange:
        self._all[exchange.key] = exchange
        self.changed()
        return exchange

    def _walk(self) -> list[int]:
        path: list[int] = []
        key: int | None = None
        while (key := self._chosen.get(key)) is not None:
            path.append(key)
        return path


def folded(words: str) -> str:
    """Return a text in which a search finds what looks alike: composed (NFC), case ignored."""
    return normalize("NFC", words).casefold()


def _answer(exchange: Exchange) -> str:
    return folded(exchange.variant.text) if exchange.variant else ""
