"""From a question to a reply: the topic first, then the response."""

import time
from collections.abc import Generator, Sequence

import numpy as np

from engine.checkpoint import Array
from engine.events import Event, Problem, Reply, Timings, Token, Topic, Topics
from engine.experts import Experts
from engine.fitting import FREE_LABEL_TOKENS
from engine.request import Request
from engine.runtime import Runtime
from engine.sampling import Sampling
from engine.template import Codec
from engine.topics import LabelTrie, find_topics
from engine.writing import Writing, allowed_tokens, write


def generate(
    codec: Codec,
    trie: LabelTrie,
    runtime: Runtime,
    request: Request,
    identity: str,
    experts: Experts | None = None,
) -> Generator[Event]:
    """Answer one question.

    Args:
        codec: of the model.
        trie: of its labels; empty if they are unknown.
        runtime: what it holds of the prompt's beginning is not computed again.
        request: the question.
        identity: of the model; goes into the reply.
        experts: on topics, if the model has any besides the label's tokens.

    Yields:
        `Topics`, a `Token` for each of the response's, and last the `Reply`.
    """
    start = time.perf_counter()
    passes = runtime.passes
    logits = runtime.start(request.prompt_ids)
    writing = Writing(
        list(request.prompt_ids), 0 if request.constrain else None, samplings=list(request.samplings)
    )
    problems: tuple[Problem, ...] = ()
    if request.constrain:
        topics, label_ids = _choose_topic(codec, trie, runtime, logits, request, experts)
        yield topics
        yield from write(codec, runtime, request, writing, label_ids, topics.chosen)
    else:
        topics = yield from _write_freely(codec, runtime, request, writing, logits)
        problems = _problems(trie, topics, writing)
        label_ids = writing.ids[: writing.response or 0]
    end = time.perf_counter()
    yield Reply(
        question=request.question,
        topic=topics.chosen,
        topics=topics,
        text=writing.text,
        token_ids=tuple(writing.ids[writing.response :]) if writing.response is not None else (),
        prompt_ids=tuple(request.prompt_ids),
        label_ids=tuple(label_ids),
        seed=request.seed,
        samplings=tuple(writing.samplings),
        model=identity,
        finish_reason=writing.reason,
        truncated=request.truncated,
        turns=request.turns,
        given=min(len(request.given), len(writing.ids)),
        constrained=request.constrain,
        drafted=bool(request.drafts),
        said=tuple(map(tuple, request.said)),
        avoid=request.avoid,
        problems=problems,
        earlier=tuple(request.earlier),
        timings=Timings(
            (writing.first_token or end) - start,
            end - start,
            runtime.passes - passes,
            writing.drafted,
            writing.paused,
        ),
    )


def _write_freely(
    codec: Codec, runtime: Runtime, request: Request, writing: Writing, logits: Array
) -> Generator[Topics | Token, None, Topics]:
    """Let the model write label, `<unused2>` and response as it likes; return the label that it wrote."""
    probability = 1.0
    topics: Topics | None = None
    for token in write(codec, runtime, request, writing, [], None, logits):
        if topics is not None:
            yield token
            continue
        probability *= token.probability
        if token.id == codec.response_id:
            writing.response = len(writing.ids)
            topics = _written_topic(codec, writing.ids, probability)
            yield topics
    if topics is None:
        topics = _written_topic(codec, writing.ids, probability)
        yield topics
    return topics


def _problems(trie: LabelTrie, topics: Topics, writing: Writing) -> tuple[Problem, ...]:
    """Return what a free decoding left out."""
    problems: list[Problem] = []
    if not topics.chosen:
        problems.append("no label")
    elif len(trie) and topics.chosen not in trie:
        problems.append("unknown label")
    if writing.response is None:
        problems.append("no response")
    if writing.reason != "eos":
        problems.append("not closed")
    return tuple(problems)


def _written_topic(codec: Codec, ids: Sequence[int], probability: float) -> Topics:
    label = codec.decode(ids)
    return Topics((Topic(label, probability, probability),), 1.0 - probability, label)


def _choose_topic(
    codec: Codec,
    trie: LabelTrie,
    runtime: Runtime,
    logits: Array,
    request: Request,
    experts: Experts | None,
) -> tuple[Topics, list[int]]:
    """Return the distribution and the tokens to go on with, up to `<unused2>`."""
    if request.known:
        return request.known, list(request.label_ids)
    if len(trie):
        topics = find_topics(
            experts,
            trie,
            runtime,
            logits,
            question=request.question,
            earlier=request.earlier,
            wanted=request.shown_topics,
            favour=request.favour,
            chosen=request.topic,
        )
        return topics, trie.tokens(topics.chosen)
    if request.topic is not None:
        ids = codec.encode(request.topic)
        return Topics((), 1.0, request.topic), [*ids, codec.response_id]
    return _decode_label(codec, runtime, logits)


def _decode_label(codec: Codec, runtime: Runtime, logits: Array) -> tuple[Topics, list[int]]:
    """Let a model whose labels are unknown write one, taking the likeliest token each time."""
    prompt = runtime.used
    allowed = allowed_tokens(codec, len(logits))
    allowed[codec.eos_id] = False
    allowed[codec.response_id] = True
    plain = Sampling(temperature=1.0, top_k=0, top_p=1.0)
    ids: list[int] = []
    probability = 1.0
    while len(ids) < FREE_LABEL_TOKENS:
        probabilities = plain.apply(np.where(allowed, logits, -np.inf))
        token = int(probabilities.argmax())
        probability *= float(probabilities[token])
        if token == codec.response_id:
            break
        ids.append(token)
        logits = runtime.append([token])[-1]
    runtime.truncate(prompt)
    return _written_topic(codec, ids, probability), [*ids, codec.response_id]
