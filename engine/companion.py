"""What a person talks to: the judges before and after an engine that may be missing, slow or failing."""

import os
from collections.abc import Callable, Generator, Iterable
from threading import Lock
from typing import TYPE_CHECKING, Any

from engine.care import Care
from engine.characters import normalize
from engine.errors import CounselError
from engine.events import Event, Reply, Token, Topics
from engine.language import text
from engine.logs import log
from engine.referral import Scripted, refer
from engine.reply_check import check_in, objection, unsure, withheld
from engine.safety import Crisis, Kind, Level, judge

if TYPE_CHECKING:
    from engine.engine import Engine  # brings tokenizers and more, which a referral does not wait for

CRISIS_TOPICS = "위기/"  # what labels of a crisis begin with
# Of all of them together, from which on a referral comes instead of a reply. Below it, where such a label is still the
# likeliest, the person is asked whether they are safe. Of hard negatives, 1 to 3 in 100 reach it, 8 or 9 reach 0.5.
CRISIS_PROBABILITY = 0.8
UNSURE_PROBABILITY = 0.25  # of the likeliest topic, below which a question is asked instead of a reply
_KINDS: dict[str, tuple[Level, Kind]] = {
    "자살": ("active", "suicide"),
    "자해": ("active", "self-harm"),
    "폭력": ("active", "violence"),
    "타해": ("active", "harm-to-others"),
}


class Companion:
    """One session: what was heard in it, and what is said.

    Example:
        companion = Companion()
        answer = companion.hear("요즘 잠을 못 자요")  # at once, no model
        if answer is None:
            for event in companion.answer(engine, "요즘 잠을 못 자요"): ...
    """

    def __init__(self) -> None:
        self.care = Care()
        self._lock = Lock()  # the model's topics are judged in another thread than what is said

    def hear(self, said: str) -> Scripted | None:
        """Judge what was said, and return the answer if none is to be sampled. No model is asked."""
        crisis = judge(said)
        with self._lock:
            before = self.care
            self.care = before.after(said, crisis)
        if crisis is not None:
            return refer(crisis)
        return _care_for(before, said)

    def hear_again(self, said: str) -> Scripted | None:
        """Return the answer to something heard before, as when another answer is wanted, if none is to be sampled."""
        crisis = judge(said)
        return refer(crisis) if crisis is not None else self.care_for(said)

    def care_for(self, said: str) -> Scripted | None:
        """Return what is said to an utterance that `hear` let pass and that a crisis overtook since."""
        return _care_for(self.care, said)

    def answer(self, engine: "Engine", said: str, **options: Any) -> Generator[Event | Scripted]:
        """Ask the engine, and tell its events as long as they may be shown.

        Args:
            engine: that answers; it is asked once.
            said: what `hear` let pass.
            options: as for `Engine.stream`.

        Yields:
            The events of `Engine.stream`. If a `Scripted` comes, it is the last one, and what was told of the reply
            before it is not to stand.

        Raises:
            CounselError: the engine failed. What the person said is in no message of it.
        """
        topic = options.get("topic")
        if topic is not None and topic.startswith(CRISIS_TOPICS):
            yield self._refer(crisis_named(topic))  # the person says what it is about; no model knows better
            return
        given = topic is not None
        yield from self._guarded(said, lambda: self._judged(engine.stream(said, **options), given))

    def continue_from(
        self, engine: "Engine", said: str, reply: Reply, token_index: int, token_id: int, **options: Any
    ) -> Generator[Event | Scripted]:
        """Take another token at one place of a reply and go on from there, judged like any other reply.

        Args:
            engine: that replied.
            said: what the person had said.
            reply: of the engine.
            token_index: as for `Engine.continue_from`, and what follows as well.
            token_id: see there.
            options: see there.

        Yields:
            As `answer`.

        Raises:
            CounselError: as for `answer`.
        """

        def judged() -> Generator[Event | Scripted]:
            events = engine.continue_from(reply, token_index, token_id, **options)
            return self._judged(events, True, engine.text_of(reply.token_ids[:token_index]))

        yield from self._guarded(said, judged)

    def _guarded(
        self, said: str, answer: Callable[[], Generator[Event | Scripted]]
    ) -> Generator[Event | Scripted]:
        """Pass on what is told, and let no failure quote the person."""
        failure: Exception | None = None
        try:
            yield from answer()
        except CounselError as error:
            if normalize(said) not in normalize(str(error)):
                raise
            failure = error
        except Exception as error:  # noqa: BLE001  # whatever a runtime raises may quote the person
            failure = error
        if failure is not None:  # outside of the handler, so that no traceback leads back to the utterance
            log.error("no answer", exc_info=failure)
            raise CounselError(describe(failure))

    def _judged(self, events: Iterable[Event], given: bool, told: str = "") -> Generator[Event | Scripted]:
        """Pass on events as long as they may be shown; an engine that is not to go on is closed.

        Args:
            events: of an engine.
            given: whether the topic was chosen by the person.
            told: the beginning of the reply, which is not among the events.
        """
        try:
            for event in events:
                match event:
                    case Topics():
                        scripted = self._judge_topics(event, given)
                        if scripted is not None:
                            yield scripted
                            return
                    case Token():
                        told += event.text
                        if objection(told):
                            yield withheld()
                            return
                    case Reply() if objection(event.text):
                        yield withheld()
                        return
                if isinstance(event, Reply):
                    seconds, tokens = event.timings.computing, len(event.token_ids)
                    log.info("reply: %d tokens, %.2f s, %s", tokens, seconds, event.finish_reason)
                yield event
        finally:
            if isinstance(events, Generator):
                events.close()

    def _judge_topics(self, topics: Topics, given: bool) -> Scripted | None:
        """Return what to say instead of a reply under these topics."""
        crisis = crisis_of(topics)
        if crisis is not None:
            return self._refer(crisis)
        likeliest = topics.likeliest[0].probability if topics.likeliest else 1.0
        doubtful = len(topics.likeliest) > 1 and likeliest < UNSURE_PROBABILITY
        # No reply is sampled under a label of a crisis, however unsure the model is of it.
        if topics.chosen.startswith(CRISIS_TOPICS):
            return check_in()
        if doubtful and not given:
            return unsure()
        return None

    def _refer(self, crisis: Crisis) -> Scripted:
        with self._lock:
            self.care = self.care.after("", crisis)
        return refer(crisis)


def _care_for(care: Care, said: str) -> Scripted | None:
    return Scripted(care.words(said), "care", care.crisis) if care.is_active else None


def crisis_of(topics: Topics) -> Crisis | None:
    """Return the crisis that a model sees in an utterance, or None if it is not sure enough of one.

    Args:
        topics: the probability of a label counts as the model gave it or as it was used, whichever is higher.
    """
    found = [topic for topic in topics.likeliest if topic.label.startswith(CRISIS_TOPICS)]
    probability = sum(max(topic.probability, topic.model_probability) for topic in found)
    if not found or probability < CRISIS_PROBABILITY:
        return None
    return crisis_named(max(found, key=lambda topic: topic.probability).label)


def crisis_named(label: str) -> Crisis:
    """Return the crisis that a label names."""
    level, kind = next((value for word, value in _KINDS.items() if word in label), ("active", "suicide"))
    return Crisis(level, kind, label)


def describe(error: BaseException) -> str:
    """Return what went wrong without the words of the exception, which may quote what a person said."""
    kind = type(error).__name__
    reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else ""
    return text(
        f"답하지 못했습니다({kind}{': ' + reason if reason else ''}). 다시 보내 보고, 되풀이되면 "
        "`counsel doctor`로 모델을 살펴보세요.",
        f"No answer ({kind}{': ' + reason if reason else ''}). Send it again; if that goes on, check the model with "
        "`counsel doctor`.",
    )
