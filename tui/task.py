"""An answer that is wanted, and how a companion is asked for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import Conversation, Event, Sampling
from engine.companion import Companion
from engine.referral import Scripted
from tui.messages import ContinueFrom

if TYPE_CHECKING:
    from engine import Engine


@dataclass(frozen=True)
class Task:
    """An answer that is wanted.

    Attributes:
        key: of the exchange.
        topic: to answer under; the likeliest if None.
        continued: what to go on from, if a reply is to be continued.
    """

    key: int
    topic: str | None = None
    continued: ContinueFrom | None = None

    def begun(self, engine: "Engine") -> str:
        """Return what is kept of a reply that is continued."""
        if self.continued is None:
            return ""
        return engine.text_of(self.continued.reply.token_ids[: self.continued.token_index])

    def ask(
        self,
        companion: Companion,
        engine: "Engine",
        said: str,
        *,
        sampling: Callable[[], Sampling],
        should_stop: Callable[[], bool],
        conversation: Conversation,
        earlier: int,
    ) -> Iterator[Event | Scripted]:
        """Ask for the answer, judged like every other.

        Args:
            companion: of the session.
            engine: that answers.
            said: the utterance.
            sampling: asked before every token.
            should_stop: asked before every token.
            conversation: the turns before, and how they count.
            earlier: how many answers there are already.
        """
        options: dict[str, Any] = {"sampling": sampling, "should_stop": should_stop}
        if self.continued is not None:
            place, token = self.continued.token_index, self.continued.token_id
            return companion.continue_from(engine, said, self.continued.reply, place, token, **options)
        seed = sampling().seed
        if seed >= 0 and earlier:  # a locked one would give the same answer again
            options["seed"] = (seed + earlier) % 2**32
        options |= {"topic": self.topic, "topics": engine.topics_at_once, "conversation": conversation}
        return companion.answer(engine, said, **options)
