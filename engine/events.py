"""What an engine tells while it answers, and the reply that it ends with. All of it is immutable."""

from dataclasses import dataclass
from typing import Literal

from engine.sampling import Sampling

FinishReason = Literal["eos", "length", "context", "stopped"]


@dataclass(frozen=True)
class Topic:
    """A label and its probability."""

    label: str
    probability: float


@dataclass(frozen=True)
class Topics:
    """The distribution over the model's labels, before a word of the response.

    Attributes:
        likeliest: the most probable labels, in descending order.
        rest: the probability of all other labels together.
        chosen: the label that the response is given under.
    """

    likeliest: tuple[Topic, ...]
    rest: float
    chosen: str


@dataclass(frozen=True)
class Token:
    """One token of the response.

    Attributes:
        id: in the vocabulary.
        text: what it adds to the response; empty while a character is still incomplete.
        probability: with which it was drawn, after the sampling transforms.
    """

    id: int
    text: str
    probability: float


@dataclass(frozen=True)
class Timings:
    """Seconds.

    Attributes:
        first_token: from the question to the first token of the response.
        total: from the question to the reply.
    """

    first_token: float
    total: float


@dataclass(frozen=True)
class Reply:
    """Everything that is needed to make the reply again.

    Attributes:
        question: as the model read it, cut on the left if `truncated`.
        topic: the label that the response was given under.
        topics: the distribution over the labels.
        text: the response.
        token_ids: the response's tokens, the closing one not among them.
        seed: of the random numbers.
        sampling: as it was when the last token was drawn.
        model: the model's name and the beginning of its weights' hash.
        finish_reason: "eos" (the model closed the response), "length" (max_new_tokens), "context" (the
            rows set aside at its beginning are full) or "stopped".
        truncated: whether the beginning of a long question was left out.
        timings: how long it took.
    """

    question: str
    topic: str
    topics: Topics
    text: str
    token_ids: tuple[int, ...]
    seed: int
    sampling: Sampling
    model: str
    finish_reason: FinishReason
    truncated: bool
    timings: Timings


Event = Topics | Token | Reply
