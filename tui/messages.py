"""What the worker threads tell the app."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from engine import Reply, Token, Topics
from engine.referral import Scripted

if TYPE_CHECKING:
    from engine import Engine


@dataclass
class EngineReady(Message):
    """The model is loaded."""

    engine: "Engine"


@dataclass
class EngineFailed(Message):
    """The model could not be loaded; `reason` is for the person."""

    reason: str


@dataclass
class TopicsFound(Message):
    """The distribution over the labels is known, the response not yet."""

    key: int
    topics: Topics


@dataclass
class TokenDrawn(Message):
    """The response grew by a token."""

    key: int
    token: Token


@dataclass
class ReplyEnded(Message):
    """The response is complete, or was stopped."""

    key: int
    reply: Reply


@dataclass
class ReplyReplaced(Message):
    """Something else is said instead of a sampled reply."""

    key: int
    answer: Scripted


@dataclass
class ReplyFailed(Message):
    """The engine could not answer; `reason` is for the person."""

    key: int
    reason: str


@dataclass
class AnswerAgain(Message):
    """The person wants another answer to an utterance, under a topic of their choice if one is given."""

    key: int
    topic: str | None = None


@dataclass
class ContinueFrom(Message):
    """The person put another token into a reply; the rest is to be sampled anew, as a variant."""

    key: int
    reply: Reply
    token_index: int
    token_id: int


@dataclass
class Adopt(Message):
    """The person wants to go on with this reply, which was sampled elsewhere, as a variant."""

    key: int
    reply: Reply


@dataclass
class JumpTo(Message):
    """The person wants to see an exchange."""

    key: int


@dataclass
class ShowOnly(Message):
    """The person wants to see only the exchanges with this topic; all of them again if they see only these."""

    topic: str
