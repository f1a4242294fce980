"""Fit a question and the turns before it into a model's context."""

from typing import NamedTuple

from engine.characters import normalize, sentences
from engine.conversation import Conversation
from engine.errors import CounselError
from engine.language import text
from engine.model_directory import ModelDirectory
from engine.sampling import Sampling
from engine.template import Codec
from engine.topics import LabelTrie

FREE_LABEL_TOKENS = 16  # the longest label of a model whose labels are unknown
_FRAME = 3  # BOS, `<unused0>` and `<unused1>`
_TURN = 2  # `<unused0>` and `<unused2>` of an earlier turn


class Fitted(NamedTuple):
    """What the model gets to read.

    Attributes:
        question: the part of the question that fits.
        prompt_ids: all tokens up to `<unused1>`.
        truncated: whether the question was cut.
        turns: how many earlier turns are among them.
    """

    question: str
    prompt_ids: list[int]
    truncated: bool
    turns: int


def fit(
    model: ModelDirectory,
    trie: LabelTrie,
    question: str,
    topic: str | None,
    conversation: Conversation,
    sampling: Sampling,
) -> Fitted:
    """Leave room for the answer: up to half of the context, or `max_new_tokens` if that is less.

    A `max_length` below the model's context counts as its context.

    The question comes first, without its first sentences if it is too long, and without the beginning of its last
    one if even that is; then as many of the last turns as the model was trained for and as fit.

    Raises:
        CounselError: the context is too short for a label and an answer.
    """
    codec = model.codec
    if len(trie):
        label = trie.depth
    else:
        label = 1 + (FREE_LABEL_TOKENS if topic is None else len(codec.encode(topic)))
    context = min(model.geometry.context, max(sampling.max_length, _FRAME + label + 1))
    answer = max(1, min(sampling.max_new_tokens, context // 2 - label))
    room = context - _FRAME - label - answer
    if room < 0:
        raise CounselError(
            text(
                f"{model.path}: 문맥이 {context}토큰이라 라벨({label}토큰)과 답이 들어가지 않습니다. "
                "문맥이 더 긴 모델을 쓰거나 라벨을 줄이세요.",
                f"{model.path}: a context of {context} tokens does not hold the label ({label} tokens) "
                "and an answer. Use a model with a longer context, or shorter labels.",
            )
        )
    kept, ids = _shorten(codec, question, room)
    room -= len(ids)
    turns: list[tuple[list[int], list[int]]] = []
    wanted = min(conversation.memory.context_turns, model.context_turns, len(conversation.turns))
    for turn in reversed(conversation.turns[len(conversation.turns) - wanted :]):
        pair = codec.encode(turn.question), codec.encode(turn.response)
        room -= _TURN + len(pair[0]) + len(pair[1])
        if room < 0:
            break
        turns.insert(0, pair)
    return Fitted(kept, codec.prompt(ids, turns), kept != normalize(question), len(turns))


def _shorten(codec: Codec, question: str, room: int) -> tuple[str, list[int]]:
    """Return the end of a question that has at most `room` tokens, cut between sentences if it can be."""
    kept = normalize(question)
    ids = codec.encode(kept)
    if len(ids) <= room:
        return kept, ids
    parts = sentences(question)
    sizes = [len(codec.encode(part)) + 1 for part in parts]
    first = len(parts) - 1
    while first > 0 and sum(sizes[first - 1 :]) <= room:
        first -= 1
    kept = " ".join(parts[first:])
    ids = codec.encode(kept)
    if len(ids) > room:
        ids = ids[len(ids) - room :]
        kept = codec.decode(ids)
    return kept, ids
