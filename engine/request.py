"""What to answer, and how: made from a question, or from a reply that is to be made again."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from engine.characters import normalize
from engine.conversation import Conversation
from engine.drafts import Drafts
from engine.errors import CounselError
from engine.events import Reply, Topics, sampling_at
from engine.fitting import fit
from engine.known_replies import KnownReplies
from engine.language import text
from engine.model_directory import ModelDirectory
from engine.sampling import Sampling
from engine.topics import LabelTrie

SHOWN_TOPICS = 5


def never() -> bool:
    """Return False: what `should_stop` is unless someone says otherwise."""
    return False


@dataclass(frozen=True)
class Request:
    """What to answer, and how.

    Attributes:
        question: as the model reads it.
        prompt_ids: all up to `<unused1>`, short enough for the model's context.
        sampling: asked before every token.
        seed: of the random numbers; each token takes one.
        topic: the label to answer under, or None for the likeliest.
        shown_topics: how many of the likeliest labels are looked for.
        favour: a factor for each label that a conversation favours.
        should_stop: asked before every token.
        constrain: whether only labels of the model and, in the response, only plain text can come.
        drafts: where guesses come from; None for no guesses.
        replies: those that the response keeps to; None for any.
        said: the tokens of responses that should not come again.
        avoid: how much they should not: another token is taken where one has at least the probability 1 - avoid.
        given: the beginning of the response, which is not sampled; the last of it is told as an event.
        samplings: those that `given` was sampled with, with the index of the first token of each.
        truncated: whether the question was cut; goes into the reply.
        turns: how many earlier turns the prompt holds; goes into the reply.
        earlier: their questions.
        known: the distribution over the labels, if an earlier reply to the same prompt found it.
        label_ids: the tokens of its label and of `<unused2>`, then.
    """

    question: str
    prompt_ids: Sequence[int]
    sampling: Callable[[], Sampling]
    seed: int
    topic: str | None = None
    shown_topics: int = SHOWN_TOPICS
    favour: Mapping[str, float] = field(default_factory=dict)
    should_stop: Callable[[], bool] = never
    constrain: bool = True
    drafts: Drafts | None = None
    replies: KnownReplies | None = None
    said: Sequence[Sequence[int]] = ()
    avoid: float = 0.0
    given: Sequence[int] = ()
    samplings: Sequence[tuple[int, Sampling]] = ()
    truncated: bool = False
    turns: int = 0
    earlier: Sequence[str] = ()
    known: Topics | None = None
    label_ids: Sequence[int] = ()


def to_answer(
    model: ModelDirectory,
    trie: LabelTrie,
    question: str,
    *,
    topic: str | None,
    sampling: Callable[[], Sampling],
    seed: int | None,
    conversation: Conversation,
) -> Request:
    """Return the request for a question.

    Raises:
        CounselError: an unknown topic, a negative seed, or a model whose context is too short to answer.
    """
    topic = None if topic is None else normalize(topic)
    if topic is not None and len(trie) and topic not in trie:
        raise CounselError(
            text(
                f"'{topic}': 이 모델에 없는 주제입니다. 있는 주제: {', '.join(model.labels)}",
                f"'{topic}': not a topic of this model. It has: {', '.join(model.labels)}",
            )
        )
    if seed is not None and seed < 0:
        raise CounselError(text(f"seed={seed}: 0 이상이어야 합니다.", f"seed={seed}: must be 0 or more."))
    now = sampling()
    wanted = now.seed if seed is None else seed
    fitted = fit(model, trie, question, topic, conversation, now)
    return Request(
        question=fitted.question,
        prompt_ids=fitted.prompt_ids,
        sampling=sampling,
        seed=secrets.randbits(32) if wanted < 0 else wanted,
        topic=topic,
        favour={} if topic else {k: v for k, v in conversation.favour().items() if k in trie},
        said=[turn.token_ids or model.codec.encode(turn.response) for turn in conversation.turns],
        avoid=conversation.memory.avoid_repeats,
        truncated=fitted.truncated,
        turns=fitted.turns,
        earlier=[turn.question for turn in conversation.turns[len(conversation.turns) - fitted.turns :]],
    )


def to_repeat(reply: Reply, sampling: Callable[[], Sampling]) -> Request:
    """Return the request that a reply answered, with the distribution over the labels that was found for it."""
    return Request(
        question=reply.question,
        prompt_ids=reply.prompt_ids,
        sampling=sampling,
        seed=reply.seed,
        topic=reply.topic,
        favour=dict(reply.topics.memory),
        constrain=reply.constrained,
        said=reply.said,
        avoid=reply.avoid,
        truncated=reply.truncated,
        turns=reply.turns,
        earlier=reply.earlier,
        known=reply.topics,
        label_ids=reply.label_ids,
    )


def to_continue(
    model: ModelDirectory,
    identity: str,
    reply: Reply,
    token_index: int,
    token_id: int,
    sampling: Callable[[], Sampling],
) -> Request:
    """Return the request for a reply with another token at one place, and a new end after it.

    Raises:
        CounselError: as `Engine.continue_from`.
    """
    _expect_own(reply, identity)
    text_ids = model.codec.vocab_size
    last = len(reply.token_ids) - (
        reply.finish_reason in ("length", "context")
    )  # those left no room for more
    is_text = 0 <= token_id < text_ids and token_id not in model.codec.special_ids
    if not (0 <= token_index <= last and is_text):
        raise CounselError(
            text(
                f"{token_index}번째 자리의 토큰 {token_id}: 자리는 0~{last}, "
                f"토큰은 특수 토큰이 아닌 0~{text_ids - 1}여야 합니다.",
                f"Token {token_id} at place {token_index}: the place must be from 0 to {last}, "
                f"the token from 0 to {text_ids - 1} and not a special one.",
            )
        )
    return replace(
        to_repeat(reply, sampling),
        given=(*reply.token_ids[:token_index], token_id),
        samplings=[pair for pair in reply.samplings if pair[0] < token_index],
    )


def to_inspect(model: ModelDirectory, identity: str, reply: Reply) -> Request:
    """Return the request with the whole reply as what is given, the token that closed it behind.

    Raises:
        CounselError: as `Engine.inspect`.
    """
    _expect_own(reply, identity)
    closing = [model.codec.eos_id] if reply.finish_reason == "eos" else []
    request = to_repeat(reply, lambda: reply.sampling)
    return replace(request, given=(*reply.token_ids, *closing), samplings=reply.samplings)


def to_make_again(identity: str, reply: Reply) -> Request:
    """Return the request for the same reply, of which only what the person did is taken as given.

    Raises:
        CounselError: as `Engine.repeat`.
    """
    _expect_own(reply, identity)
    likeliest = reply.topics.likeliest
    chosen_by_model = not likeliest or likeliest[0].label == reply.topic
    first = max(0, reply.given - 1)  # the place of the first token that is drawn, or told
    places = count(first)
    now = first

    def sampling() -> Sampling:
        nonlocal now
        now = next(places)
        return sampling_at(reply.samplings, now)

    def should_stop() -> bool:
        return reply.finish_reason == "stopped" and now >= len(reply.token_ids)

    return replace(
        to_repeat(reply, sampling),
        topic=None if chosen_by_model else reply.topic,
        shown_topics=max(1, len(likeliest)),
        known=None,
        given=reply.token_ids[: reply.given],
        samplings=[pair for pair in reply.samplings if pair[0] < first],
        should_stop=should_stop,
    )


def _expect_own(reply: Reply, identity: str) -> None:
    """Refuse a reply whose tokens the model cannot compute again."""
    if reply.model != identity or not reply.constrained:
        raise CounselError(
            text(
                f"이 모델({identity})이 라벨을 지켜 만든 응답이 아닙니다({reply.model}). 그 모델로 여세요.",
                f"Not a constrained reply of this model ({identity}) but of {reply.model}. Use that one.",
            )
        )
