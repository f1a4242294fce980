"""What an engine tells while it answers, and the reply that it ends with. All of it is immutable."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import log, log2
from typing import Literal

import numpy as np

from engine.checkpoint import Array
from engine.sampling import Probabilities, Sampling

FinishReason = Literal["eos", "length", "context", "stopped"]
Problem = Literal["no label", "unknown label", "no response", "not closed"]
CANDIDATES = 20
LEVEL = "/"  # what separates the levels of a label
# An entropy in bits from which on a topic is called unsure: as unsure as between two that are equally likely. Of 671
# everyday utterances (python -m bench.topic_entropy) the shipped model is right on 99.0 % of those below it and on 88 %
# of those above; it flags 57 % of the wrong topics and 9 % of the right ones.
UNSURE_BITS = 1.0


@dataclass(frozen=True, slots=True)  # a session keeps all labels of every reply
class Topic:
    """A label, or what labels have in common, and its probability.

    Attributes:
        label: its levels are separated by slashes.
        probability: as it was used to choose.
        model_probability: as the model gave it, before the memory of earlier topics.
    """

    label: str
    probability: float
    model_probability: float


@dataclass(frozen=True)
class Topics:
    """The distribution over the model's labels, before a word of the response.

    Attributes:
        likeliest: the most probable labels, in descending order.
        rest: the probability of all other labels together.
        chosen: the label that the response is given under.
        memory: the labels of earlier turns, and by how much each was favoured; empty without a memory, and where an
            utterance is so clear that it was read alone.
    """

    likeliest: tuple[Topic, ...]
    rest: float
    chosen: str
    memory: tuple[tuple[str, float], ...] = ()

    @property
    def entropy(self) -> float:
        """The entropy in bits, all of `rest` counted as one outcome: exact if it is 0, else a lower bound."""
        return entropy([topic.probability for topic in self.likeliest] + [self.rest])

    @property
    def is_sure(self) -> bool:
        """Whether the model is as sure of the topic as it mostly is where it is right."""
        return self.entropy < UNSURE_BITS

    def level(self, depth: int) -> tuple[Topic, ...]:
        """Roll the labels up to their first levels.

        Args:
            depth: how many levels of a label are kept, from 1; a shorter one stays whole.

        Returns:
            Each with the probabilities of its labels added up, in descending order. `rest` belongs to none.
        """
        rolled: dict[str, Topic] = {}
        for topic in self.likeliest:
            begin = first_levels(topic.label, depth)
            sums = rolled.get(begin, Topic(begin, 0.0, 0.0))
            rolled[begin] = Topic(
                begin,
                sums.probability + topic.probability,
                sums.model_probability + topic.model_probability,
            )
        return tuple(sorted(rolled.values(), key=lambda topic: -topic.probability))


def entropy(shares: Iterable[float]) -> float:
    """Return the entropy in bits of probabilities that sum to 1."""
    return max(0.0, -sum(float(share) * log2(share) for share in shares if share > 0))


def first_levels(label: str, depth: int = 1) -> str:
    """Return the beginning of a label that its first levels make; a label with fewer levels is whole."""
    return LEVEL.join(label.split(LEVEL)[:depth])


@dataclass(frozen=True)
class Candidate:
    """A token that could have come."""

    id: int
    text: str
    probability: float


@dataclass(frozen=True)
class Token:
    """One token of the response, with all that is needed to ask what else could have come.

    Attributes:
        id: in the vocabulary.
        text: what it adds to the response; empty while a character is still incomplete.
        probability: with which it was drawn, after the sampling transforms.
        sampling: the parameters that it was drawn with.
        logits: float32 [vocab_size] before the transforms, minus infinity where a token is forbidden.
        history: the ids before it, the prompt's included.
        eos_id: of the token that would have ended the response.
        piece: gives the text of any token.
    """

    id: int
    text: str
    probability: float
    sampling: Sampling = field(repr=False)
    logits: Array = field(repr=False, compare=False)
    history: tuple[int, ...] = field(repr=False, compare=False)
    eos_id: int = field(repr=False, compare=False)
    piece: Callable[[int], str] = field(repr=False, compare=False)

    def probabilities(self, sampling: Sampling | None = None) -> Probabilities:
        """Return the distribution that it was drawn from, or the one of another sampling; no model is asked."""
        return (sampling or self.sampling).apply(self.logits, self.history, self.eos_id)

    @property
    def surprisal(self) -> float:
        """How unexpected it was to the model, in bits: minus the logarithm of its share before the transforms."""
        own = float(self.logits[self.id])
        best = float(self.logits.max())
        total = float(np.exp(self.logits - best).sum(dtype=np.float64))
        return max(0.0, log2(total) - (own - best) / log(2))

    def before(self, count: int = CANDIDATES) -> tuple[Candidate, ...]:
        """Return the likeliest tokens before the sampling transforms, in descending order."""
        weights = np.exp(self.logits - self.logits.max())
        return self._likeliest(weights / weights.sum(dtype=np.float64), count)

    def after(self, count: int = CANDIDATES, sampling: Sampling | None = None) -> tuple[Candidate, ...]:
        """Return the likeliest after the transforms, those of another sampling if one is given."""
        return self._likeliest(self.probabilities(sampling), count)

    def _likeliest(self, probabilities: Probabilities, count: int) -> tuple[Candidate, ...]:
        best = np.argpartition(-probabilities, min(count, len(probabilities) - 1))[:count]
        ordered = best[np.argsort(-probabilities[best], kind="stable")]
        return tuple(
            Candidate(int(i), self.piece(int(i)), float(probabilities[i]))
            for i in ordered
            if probabilities[i] > 0
        )


@dataclass(frozen=True)
class Timings:
    """How long it took, and the work that it took.

    Attributes:
        first_token: seconds from the question to the first token that was sampled.
        total: seconds from the question to the reply.
        passes: over the model's weights.
        drafted: tokens of the response that were guessed from known replies and proved right.
        paused: seconds for which whoever asked did not want the next token yet, as when a reply is paced.
    """

    first_token: float
    total: float
    passes: int = 0
    drafted: int = 0
    paused: float = 0.0

    @property
    def computing(self) -> float:
        """Seconds that the engine worked."""
        return self.total - self.paused


@dataclass(frozen=True)
class Reply:
    """Everything that is needed to make the reply again.

    Attributes:
        question: as the model read it, cut on the left if `truncated`.
        topic: the label that the response was given under.
        topics: the distribution over the labels.
        text: the response.
        token_ids: the response's tokens, the closing one not among them.
        prompt_ids: all tokens before the label, those of earlier turns included.
        label_ids: the tokens of the label and of `<unused2>` after it.
        seed: of the random numbers; each token of the response takes one.
        samplings: each sampling with the index of the first token that it was used for, counted from the label's
            first if that was decoded freely.
        model: the model's name and the beginning of its weights' hash, and the precision of its graph.
        finish_reason: "eos" (the model closed the response), "length" (max_new_tokens or max_length),
            "context" (the model can see no more tokens) or "stopped".
        truncated: whether the beginning of a long question was left out.
        turns: how many earlier turns the model saw.
        given: how many of the tokens were given (see `Engine.continue_from`) and not sampled.
        constrained: whether the decoding kept to labels and plain text.
        drafted: whether guesses from known replies were allowed; they change no token.
        said: the tokens of the responses that should not come again.
        avoid: how much they should not (see `Memory.avoid_repeats`).
        problems: what a free decoding left out.
        earlier: the questions of the earlier turns that the model saw.
        timings: how long it took.
    """

    question: str
    topic: str
    topics: Topics
    text: str
    token_ids: tuple[int, ...]
    prompt_ids: tuple[int, ...]
    label_ids: tuple[int, ...]
    seed: int
    samplings: tuple[tuple[int, Sampling], ...]
    model: str
    finish_reason: FinishReason
    truncated: bool
    timings: Timings = field(compare=False)
    turns: int = 0
    given: int = 0
    constrained: bool = True
    drafted: bool = True
    said: tuple[tuple[int, ...], ...] = ()
    avoid: float = 0.0
    problems: tuple[Problem, ...] = ()
    earlier: tuple[str, ...] = ()

    @property
    def sampling(self) -> Sampling:
        """The sampling as it was when the last token was drawn."""
        return self.samplings[-1][1]


def sampling_at(samplings: Sequence[tuple[int, Sampling]], place: int) -> Sampling:
    """Return the sampling that the token at a place was drawn with, of those in `Reply.samplings`."""
    return next(sampling for first, sampling in reversed(samplings) if first <= place)


Event = Topics | Token | Reply
