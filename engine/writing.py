"""From a prompt to tokens, drawn one after the other."""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.checkpoint import Array
from engine.drafts import Guess
from engine.events import FinishReason, Token, sampling_at
from engine.request import Request
from engine.runtime import Runtime
from engine.sampling import Sampling, draw
from engine.template import Codec


@dataclass
class Writing:
    """A sequence that grows, and how it came about.

    Attributes:
        history: all tokens, those of the prompt included.
        ids: those of them that were written after the prompt, and after the label if that was chosen.
        response: where the response begins among them; None as long as a free decoding has not come to it.
        text: of the response.
        samplings: which sampling was used from which token on.
        drafted: how many tokens were guessed right.
        first_token: when the first one was drawn, in seconds of the performance counter.
        paused: seconds for which whoever asked did not want the next token yet.
        reason: why it ended.
    """

    history: list[int]
    response: int | None
    ids: list[int] = field(default_factory=list)
    text: str = ""
    samplings: list[tuple[int, Sampling]] = field(default_factory=list)
    drafted: int = 0
    first_token: float = 0.0
    paused: float = 0.0
    reason: FinishReason = "stopped"


def write(
    codec: Codec,
    runtime: Runtime,
    request: Request,
    writing: Writing,
    label_ids: Sequence[int],
    topic: str | None,
    logits: Array | None = None,
) -> Generator[Token]:
    """Draw one token after the other until something ends them.

    Guessed tokens are computed together with the last drawn one. As long as the drawn tokens are the guessed
    ones, the logits after them are there already; the first other one makes the rest of the guesses worthless.
    Each token takes its own random number in any case, so that guesses change nothing.

    Args:
        codec: of the model.
        runtime: holds the prompt.
        request: what is asked.
        writing: grows.
        label_ids: a chosen label, which the response follows.
        topic: that label, under which guesses are looked up; None for no guesses.
        logits: float32 [vocab_size] after the prompt, if no label was chosen.
    """
    allowed = allowed_tokens(codec, runtime.vocab_size, everything=not request.constrain)
    generator = np.random.default_rng(request.seed)
    drafts = request.drafts
    if drafts:
        drafts.rest()
    ahead: list[tuple[Guess, Array]] = []  # guesses, each with the logits after it
    begun = [*label_ids, *request.given[:-1]]
    writing.ids += request.given[:-1]
    writing.history += begun
    writing.text = codec.decode(writing.ids)
    generator.random(len(writing.ids))
    pending = begun  # tokens that are not in the cache yet
    while True:
        if pending:
            room = runtime.context - runtime.used
            guesses = drafts.guess(topic, writing.ids, len(pending), room) if drafts and topic else []
            after = runtime.append([*pending, *(guess.id for guess in guesses)], last_only=not guesses)
            logits = after[-1 - len(guesses)]
            ahead = list(zip(guesses, after[len(after) - len(guesses) :], strict=True))
        assert logits is not None
        sampling = request.sampling()
        if not writing.samplings or writing.samplings[-1][1] != sampling:
            writing.samplings.append((len(writing.ids), sampling))
        if reason := _why_end(request, sampling, writing, runtime, len(ahead)):
            writing.reason = reason
            return
        masked = _possible(logits, allowed, request, topic, writing.ids, codec.eos_id)
        probabilities = sampling.apply(masked, writing.history, codec.eos_id)
        token = draw(probabilities, generator.random())
        if len(writing.ids) < len(request.given):
            token = request.given[len(writing.ids)]
        writing.first_token = writing.first_token or time.perf_counter()
        if token == codec.eos_id:
            writing.reason = "eos"
            return
        history = tuple(writing.history)
        writing.ids.append(token)
        writing.history.append(token)
        longer = "" if writing.response is None else codec.decode(writing.ids[writing.response :])
        added, writing.text = longer[len(writing.text) :], longer
        told = time.perf_counter()
        yield Token(
            token, added, float(probabilities[token]), sampling, masked, history, codec.eos_id, codec.piece
        )
        writing.paused += time.perf_counter() - told
        pending = [token]
        if ahead:
            guess, logits = ahead.pop(0)
            assert drafts is not None
            drafts.note(guess, right=guess.id == token)
            if guess.id == token:
                writing.drafted += 1
                pending = []
            else:
                runtime.truncate(runtime.used - len(ahead) - 1)
                ahead = []


def retrace(codec: Codec, runtime: Runtime, request: Request) -> Generator[Token]:
    """Tell the given tokens again, each as it was when it was drawn: many a pass, and with no random number.

    Args:
        codec: of the model.
        runtime: holds the prompt.
        request: with a whole response as what is given, which may end with the closing token; its samplings are those
            that it was drawn with.
    """
    if not request.given:
        return
    allowed = allowed_tokens(codec, runtime.vocab_size)
    after = runtime.append([*request.label_ids, *request.given[:-1]])[len(request.label_ids) - 1 :]
    ids: list[int] = []
    told = ""
    for token, logits in zip(request.given, after, strict=True):
        sampling = sampling_at(request.samplings, len(ids))
        masked = _possible(logits, allowed, request, request.topic, ids, codec.eos_id)
        history = (*request.prompt_ids, *request.label_ids, *ids)
        probability = float(sampling.apply(masked, history, codec.eos_id)[token])
        ids.append(token)
        longer = told if token == codec.eos_id else codec.decode(ids)
        yield Token(
            token,
            longer[len(told) :],
            probability,
            sampling,
            masked,
            history,
            codec.eos_id,
            codec.piece,
        )
        told = longer


def allowed_tokens(codec: Codec, vocab_size: int, *, everything: bool = False) -> NDArray[np.bool_]:
    """Return which tokens may come in a response: those with a text, and the closing one."""
    allowed = np.zeros(vocab_size, np.bool_)
    allowed[: codec.vocab_size] = True
    if not everything:
        allowed[list(codec.special_ids)] = False
        allowed[codec.eos_id] = True
    return allowed


def _possible(
    logits: Array,
    allowed: NDArray[np.bool_],
    request: Request,
    topic: str | None,
    ids: Sequence[int],
    eos_id: int,
) -> Array:
    """Return logits in which all tokens are forbidden that cannot come after `ids`."""
    masked = np.where(allowed, logits, np.float32(-np.inf))
    if request.replies and topic:
        masked = request.replies.only(
            masked, topic, ids, request.said if request.avoid else (), follow_up=request.turns > 0
        )
    if request.avoid:
        masked = _without_repeats(masked, ids, request.said, eos_id, request.avoid)
    return masked


def _without_repeats(
    logits: Array, ids: Sequence[int], said: Sequence[Sequence[int]], eos_id: int, avoid: float
) -> Array:
    """Forbid the tokens that would go on repeating an earlier response, if another one is likely enough."""
    again = {
        earlier[len(ids)] if len(earlier) > len(ids) else eos_id
        for earlier in said
        if list(earlier[: len(ids)]) == list(ids)
    }
    if not again:
        return logits
    others = logits.copy()
    others[list(again)] = -np.inf
    weights = np.exp(logits - logits.max())
    best = float(np.exp(others.max() - logits.max())) if np.isfinite(others.max()) else 0.0
    return others if best > 0 and best / float(weights.sum()) >= 1 - avoid else logits


def _why_end(
    request: Request, sampling: Sampling, writing: Writing, runtime: Runtime, ahead: int
) -> FinishReason | None:
    if request.should_stop():
        return "stopped"
    if len(writing.ids) >= sampling.max_new_tokens or len(writing.history) >= sampling.max_length:
        return "length"
    return "context" if runtime.used - ahead >= runtime.context else None
