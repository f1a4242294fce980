"""From a question to a reply: prompt, topic, then one token after the other."""

import time
from collections.abc import Callable, Generator

import numpy as np

from engine.checkpoint import Array
from engine.events import Event, FinishReason, Reply, Timings, Token, Topic, Topics
from engine.model_directory import ModelDirectory
from engine.runtime import Runtime
from engine.sampling import Sampling, draw
from engine.template import Codec
from engine.topics import LabelTrie, walk

SHOWN_TOPICS = 5
FREE_LABEL_TOKENS = 16  # the longest label of a model whose labels are unknown


def generate(
    model: ModelDirectory,
    trie: LabelTrie,
    runtime: Runtime,
    question_ids: list[int],
    *,
    topic: str | None,
    truncated: bool,
    sampling: Callable[[], Sampling],
    seed: int,
    should_stop: Callable[[], bool],
) -> Generator[Event]:
    """Answer one question.

    Args:
        model: the model.
        trie: of its labels; empty if they are unknown.
        runtime: any tokens in it are forgotten.
        question_ids: the question's tokens, short enough for the runtime's capacity.
        topic: the label to answer under, or None for the likeliest.
        truncated: whether the question was cut; goes into the reply.
        sampling: asked before every token.
        seed: of the random numbers; each token of the response takes one.
        should_stop: asked before every token.

    Yields:
        `Topics`, a `Token` for each of the response's, and last the `Reply`.
    """
    start = time.perf_counter()
    codec = model.codec
    runtime.truncate(0)
    logits = runtime.append(codec.prompt(question_ids))[-1]
    topics, label_ids = _choose_topic(codec, trie, runtime, logits, topic)
    yield topics

    logits = runtime.append(label_ids)[-1]
    allowed = _allowed_in_response(codec, len(logits))
    generator = np.random.default_rng(seed)
    ids: list[int] = []
    text, first_token = "", 0.0
    while True:
        now = sampling()
        if reason := _why_end(should_stop, now, ids, runtime):
            break
        probabilities = now.apply(np.where(allowed, logits, -np.inf))
        token = draw(probabilities, generator)
        first_token = first_token or time.perf_counter() - start
        if token == codec.eos_id:
            reason = "eos"
            break
        ids.append(token)
        longer = codec.decode(ids)
        if not longer.startswith(text):  # bytes of a character to come hide those before them for a moment
            longer = text
        yield Token(token, longer.removeprefix(text), float(probabilities[token]))
        text = longer
        logits = runtime.append([token])[-1]
    yield Reply(
        question=codec.decode(question_ids),
        topic=topics.chosen,
        topics=topics,
        text=text,
        token_ids=tuple(ids),
        seed=seed,
        sampling=now,
        model=model.identity,
        finish_reason=reason,
        truncated=truncated,
        timings=Timings(first_token, time.perf_counter() - start),
    )


def _choose_topic(
    codec: Codec, trie: LabelTrie, runtime: Runtime, logits: Array, topic: str | None
) -> tuple[Topics, list[int]]:
    """Return the distribution and the tokens to go on with, up to `<unused2>`."""
    if len(trie):
        likeliest, rest = walk(trie, runtime, logits, SHOWN_TOPICS)
        chosen = topic or likeliest[0].label
        return Topics(likeliest, rest, chosen), trie.tokens(chosen)
    if topic is not None:
        ids = codec.encode(topic)
        return Topics((), 1.0, topic), [*ids, codec.response_id]
    return _decode_label(codec, runtime, logits)


def _decode_label(codec: Codec, runtime: Runtime, logits: Array) -> tuple[Topics, list[int]]:
    """Let a model whose labels are unknown write one, taking the likeliest token each time."""
    prompt = runtime.used
    allowed = _allowed_in_response(codec, len(logits))
    allowed[codec.eos_id] = False
    allowed[codec.response_id] = True
    ids: list[int] = []
    probability = 1.0
    while len(ids) < FREE_LABEL_TOKENS:
        probabilities = Sampling(temperature=1.0, top_k=0, top_p=1.0).apply(
            np.where(allowed, logits, -np.inf)
        )
        token = int(probabilities.argmax())
        probability *= float(probabilities[token])
        if token == codec.response_id:
            break
        ids.append(token)
        logits = runtime.append([token])[-1]
    runtime.truncate(prompt)
    label = codec.decode(ids)
    return Topics((Topic(label, probability),), 1.0 - probability, label), [*ids, codec.response_id]


def _allowed_in_response(codec: Codec, vocab_size: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which tokens may stand in a response: those with a text, and the closing one."""
    allowed = np.zeros(vocab_size, np.bool_)
    allowed[: codec.vocab_size] = True
    allowed[list(codec.special_ids)] = False
    allowed[codec.eos_id] = True
    return allowed


def _why_end(
    should_stop: Callable[[], bool], sampling: Sampling, ids: list[int], runtime: Runtime
) -> FinishReason | None:
    if should_stop():
        return "stopped"
    if len(ids) >= sampling.max_new_tokens:
        return "length"
    return "context" if runtime.used >= runtime.capacity else None
