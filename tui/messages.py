"""What the worker threads tell the app."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from engine import Reply, Topics
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

    topics: Topics


@dataclass
class TextAdded(Message):
    """The response grew by `text`."""

    text: str


@dataclass
class ReplyEnded(Message):
    """The response is complete, or was stopped."""

    reply: Reply


@dataclass
class ReplyReplaced(Message):
    """Something else is said instead of a sampled reply."""

    answer: Scripted


@dataclass
class ReplyFailed(Message):
    """The engine could not answer; `reason` is for the person."""

    reason: str
