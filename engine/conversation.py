"""What was said so far, and what the engine makes of it: pure state, JSON in and out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from engine.errors import CounselError
from engine.events import Reply
from engine.language import text
from engine.parameters import declare, parameters_of, validate

SCHEMA = 1
_DECAY = 0.5  # of a topic's favour from one turn to the next


@dataclass(frozen=True)
class Memory:
    """How much of a conversation counts for the next reply. Each of it is off at 0.

    Raises:
        CounselError: a value is no number or out of its range.
    """

    context_turns: int = declare(
        8, 0, 8, 1,
        "앞선 대화를 몇 번까지 함께 읽을지. 모델이 학습한 횟수와 문맥이 허락하는 만큼만 읽습니다.",
        "How many earlier turns are read along, as far as the model was trained for it and they fit.",
        "번", "turns",
    )  # fmt: skip
    topic_memory: float = declare(
        5.0, 0.0, 20.0, 0.5,
        "말이 모호하면 바로 앞 주제의 확률에 (1 + 이 값)을 곱해 주제를 떠나지 않게 합니다.",
        "Where an utterance is vague, the probability of the topic before is multiplied by 1 + this, so that it stays.",
    )  # fmt: skip
    avoid_repeats: float = declare(
        0.9, 0.0, 1.0, 0.05,
        "이미 한 응답을 되풀이하지 않습니다. 0.9면 다른 말의 확률이 10 % 이상일 때 그리로 갑니다.",
        "No reply comes twice: at 0.9, another token is taken where one has a probability of 10 % or more.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        validate(self)


MEMORY_PARAMETERS = parameters_of(Memory)


@dataclass(frozen=True)
class Turn:
    """A question with the topic and the response that it got.

    Attributes:
        question: as the model read it.
        topic: the label.
        response: the text.
        token_ids: the response's tokens; empty if only the text is known.
    """

    question: str
    topic: str
    response: str
    token_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Conversation:
    """Earlier turns and how they count.

    Example:
        conversation = Conversation()
        reply = engine.reply("요즘 잠을 못 자요", conversation=conversation)
        conversation = conversation.after(reply)
    """

    turns: tuple[Turn, ...] = ()
    memory: Memory = field(default_factory=Memory)

    def after(self, reply: Reply) -> Self:
        """Return the conversation with one turn more."""
        return replace(
            self, turns=(*self.turns, Turn(reply.question, reply.topic, reply.text, reply.token_ids))
        )

    def favour(self) -> dict[str, float]:
        """Return the factor for each topic of the turns before: 1, and topic_memory for the last turn, half of that
        for the one before, and so on.
        """
        factors: dict[str, float] = {}
        weight = self.memory.topic_memory
        for turn in reversed(self.turns):
            factors[turn.topic] = factors.get(turn.topic, 1.0) + weight
            weight *= _DECAY
            if weight < 0.01:  # changes nothing that could be seen
                break
        return {topic: factor for topic, factor in factors.items() if factor > 1}

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads, made of what JSON knows."""
        return {
            "schema": SCHEMA,
            "memory": asdict(self.memory),
            "turns": [asdict(turn) for turn in self.turns],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Read what `to_json` returned.

        Raises:
            CounselError: the content is not of that form; the message names the part.
        """
        if not isinstance(content, Mapping):
            raise _malformed("JSON")
        turns, memory = content.get("turns"), content.get("memory")
        if type(content.get("schema")) is not int or content["schema"] != SCHEMA:
            raise _malformed("schema")
        if not isinstance(memory, dict) or not set(memory) <= set(MEMORY_PARAMETERS):
            raise _malformed("memory")
        if not isinstance(turns, list):
            raise _malformed("turns")
        for number, turn in enumerate(turns, start=1):
            if not _is_turn(turn):
                raise _malformed(f"turns[{number}]")
        return cls(
            tuple(Turn(**{**turn, "token_ids": tuple(turn.get("token_ids", ()))}) for turn in turns),
            Memory(**memory),
        )


def _is_turn(turn: object) -> bool:
    if not isinstance(turn, dict):
        return False
    ids = turn.get("token_ids", [])
    texts = {name: part for name, part in turn.items() if name != "token_ids"}
    return (
        set(texts) == {"question", "topic", "response"}
        and all(isinstance(part, str) for part in texts.values())
        and isinstance(ids, list | tuple)
        and all(type(token) is int for token in ids)
    )


def _malformed(part: str) -> CounselError:
    return CounselError(
        text(
            f"대화: {part} 항목이 이 버전(schema {SCHEMA})이 읽는 형식이 아닙니다. 저장된 파일을 확인하세요.",
            f"conversation: {part} is not in the form that this version reads (schema {SCHEMA}). Check the stored file.",
        )
    )
