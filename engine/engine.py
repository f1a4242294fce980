"""The engine's face: load a model, ask it, and take its events."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, Self

from engine.conversation import Conversation
from engine.drafts import Drafts
from engine.errors import BusyError, CounselError
from engine.events import Event, Reply, Token, Topics
from engine.generation import generate
from engine.known_replies import KnownReplies
from engine.language import text
from engine.model_directory import CARD_FILE, RESPONSES_FILE, SHIPPED, ModelDirectory
from engine.precision import PRECISIONS, Precision
from engine.request import (
    SHOWN_TOPICS,
    Request,
    never,
    to_answer,
    to_continue,
    to_inspect,
    to_make_again,
    to_repeat,
)
from engine.runtime import Runtime, default_threads
from engine.sampling import Sampling
from engine.topics import LabelTrie, find_topics
from engine.writing import retrace


class Engine:
    """One model, ready to answer one question at a time. It never prints.

    Example:
        with Engine.load() as engine:
            print(engine.reply("요즘 잠을 못 자요", seed=7).text)

    Args:
        model: the opened model directory.
        precision: of the graph's weights; the one that `counsel.json` recommends if None.
        threads: that compute; as many as there are physical cores if None.
    """

    def __init__(
        self, model: ModelDirectory, precision: Precision | None = None, threads: int | None = None
    ) -> None:
        self.model = model
        self.precision: Precision = precision or model.precision
        if self.precision not in PRECISIONS:
            raise CounselError(
                text(
                    f"precision={precision!r}: {', '.join(PRECISIONS)} 가운데 하나여야 합니다.",
                    f"precision={precision!r}: must be one of {', '.join(PRECISIONS)}.",
                )
            )
        self._threads = threads
        self._trie = LabelTrie(model.labels, model.codec, str(model.path / CARD_FILE))
        self._drafts = Drafts(model.path / RESPONSES_FILE, model.codec)
        self._known = (
            KnownReplies(model.path / RESPONSES_FILE, model.codec) if model.replies == "known" else None
        )
        self._runtime: Runtime | None = Runtime(model, self.precision, threads)
        self._busy = Lock()

    @classmethod
    def load(
        cls, path: Path | str | None = None, precision: Precision | None = None, threads: int | None = None
    ) -> Self:
        """Load a model directory and make it ready to answer.

        Args:
            path: the directory; the model that is shipped with the package if None.
            precision: of the weights in the graph (see `engine.precision.Precision`); the model's own if None.
            threads: that compute; as many as there are physical cores if None.

        Raises:
            ModelError: the directory cannot be used; the message says why and what to do.
        """
        return cls(ModelDirectory.load(SHIPPED if path is None else Path(path)), precision, threads)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory of the runtime back, until the engine is asked again.

        Raises:
            BusyError: a generation has not ended yet.
        """
        with self._alone():
            if self._runtime is not None:
                self._runtime.close()
            self._runtime = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's topic labels; empty if the model does not say."""
        return tuple(self.model.labels)

    @property
    def topics_at_once(self) -> int:
        """How many of the likeliest labels are found at no cost: all where experts score each of them, else a few."""
        return SHOWN_TOPICS if self.model.experts is None else len(self.labels)

    @property
    def identity(self) -> str:
        """The model's name, the beginning of its weights' hash and the graph's precision, as in every reply."""
        return f"{self.model.identity}/{self.precision}"

    @property
    def threads(self) -> int:
        """How many threads compute."""
        return self._threads or default_threads()

    @property
    def default_sampling(self) -> Sampling:
        """The sampling that the model's `counsel.json` recommends, else the general defaults."""
        return self.model.sampling

    def stream(
        self,
        question: str,
        *,
        topic: str | None = None,
        sampling: Sampling | Callable[[], Sampling] | None = None,
        seed: int | None = None,
        should_stop: Callable[[], bool] = never,
        conversation: Conversation | None = None,
        constrain: bool = True,
        draft: bool = True,
        topics: int = SHOWN_TOPICS,
    ) -> Generator[Event]:
        """Answer a question, telling each event as it happens.

        Args:
            question: any text. What is longer than the model's context is cut on the left, by sentences.
            topic: a label of the model to answer under; the likeliest if None.
            sampling: fixed, or a callable that is asked before every token; `default_sampling` if None.
            seed: of the random numbers, at least 0; the sampling's if None, and a random one, told in the reply, if
                that is -1.
            should_stop: asked before every token; true ends the reply as it is.
            conversation: the earlier turns and how they count; none if None.
            constrain: False for the original's free decoding: the label is sampled like all else, any token can
                come, and `Reply.problems` tells what is missing.
            draft: whether tokens may be guessed from the replies that the model was trained on, which is quicker
                and changes none of them.
            topics: how many of the likeliest labels to find, at least 1; more take more passes.

        Yields:
            One `Topics`, then `Token`s, last one `Reply`.

        Raises:
            CounselError: an unknown topic, a negative seed, or a model whose context is too short to answer.
            BusyError: another generation of this engine has not ended yet.
        """
        with self._alone():
            request = to_answer(
                self.model,
                self._trie,
                question,
                topic=topic,
                sampling=self._current(sampling),
                seed=seed,
                conversation=conversation or Conversation(),
            )
            drafts = self._drafts if draft else None
            yield from self._generate(
                replace(
                    request,
                    should_stop=should_stop,
                    constrain=constrain,
                    drafts=drafts,
                    shown_topics=max(1, topics),
                )
            )

    def reply(self, question: str, **options: Any) -> Reply:
        """Answer a question at once; the arguments and errors are those of `stream`."""
        return _last(self.stream(question, **options))

    def alternatives(
        self, question: str, count: int, *, should_stop: Callable[[], bool] = never, **options: Any
    ) -> tuple[Reply, ...]:
        """Return several replies under the same topic; question and topics are computed once.

        Args:
            question: as for `stream`.
            count: how many, at least 1. After one that was stopped there are no more.
            should_stop: as for `stream`.
            options: as for `stream`. The seed is the first reply's; each following one has the next, and after
                2**32 - 1 comes 0. Alone, `reply` with the same seed gives the same reply.

        Raises:
            CounselError: as for `stream`, or a count below 1.
            BusyError: as for `stream`.
        """
        if count < 1:
            raise CounselError(
                text(f"{count}개: 1 이상이어야 합니다.", f"{count} replies: must be 1 or more.")
            )
        replies = [self.reply(question, should_stop=should_stop, **options)]
        request = to_repeat(replies[0], self._current(options.get("sampling")))
        request = replace(
            request, should_stop=should_stop, drafts=self._drafts if replies[0].drafted else None
        )
        with self._alone():
            while len(replies) < count and replies[-1].finish_reason != "stopped":
                another = replace(request, seed=(request.seed + len(replies)) % 2**32)
                replies.append(_last(self._generate(another)))
        return tuple(replies)

    def continue_from(
        self,
        reply: Reply,
        token_index: int,
        token_id: int,
        *,
        sampling: Sampling | Callable[[], Sampling] | None = None,
        should_stop: Callable[[], bool] = never,
    ) -> Generator[Event]:
        """Take another token at one place of a reply and sample the rest anew, with the same random numbers.

        Args:
            reply: of this model.
            token_index: the place, from 0 to `len(reply.token_ids)`; the tokens before it stay. At the end there is
                one only if the reply did not end for want of room.
            token_id: the token to put there.
            sampling: for what follows; the reply's if None.
            should_stop: asked before every token.

        Yields:
            As `stream`; the first `Token` is the one that was put there.

        Raises:
            CounselError: the reply is another model's or was decoded freely, or there is no such place or token.
            BusyError: another generation of this engine has not ended yet.
        """
        now = self._current(reply.sampling if sampling is None else sampling)
        request = to_continue(self.model, self.identity, reply, token_index, token_id, now)
        drafts = self._drafts if reply.drafted else None
        with self._alone():
            yield from self._generate(replace(request, should_stop=should_stop, drafts=drafts))

    def inspect(self, reply: Reply, *, freely: bool = False) -> tuple[Token, ...]:
        """Return the tokens of a reply again, each with what it was drawn from; no random number is taken.

        Nobody needs to keep the logits of a reply: a pass or a few over its tokens give them again, bit for bit.

        Args:
            reply: of this model.
            freely: as if any token could have come, for a model that keeps to known replies: what it would have said.

        Returns:
            One `Token` for each of the reply's, and last the closing one if the model closed it.

        Raises:
            CounselError: the reply is another model's or was decoded freely.
            BusyError: a generation has not ended yet.
        """
        replies = None if freely else self._known
        request = replace(to_inspect(self.model, self.identity, reply), replies=replies)
        with self._alone():
            runtime = self._awake()
            runtime.start(request.prompt_ids)
            return tuple(retrace(self.model.codec, runtime, request))

    def repeat(self, reply: Reply) -> Reply:
        """Make a reply again from its beginning, its topic included; the same one if nothing else was changed.

        Args:
            reply: of this model. Whatever happened to it counts again: a sampling that changed, a token that was
                put there, a stop.

        Raises:
            CounselError: the reply is another model's or was decoded freely.
            BusyError: another generation of this engine has not ended yet.
        """
        request = to_make_again(self.identity, reply)
        drafts = self._drafts if reply.drafted else None
        with self._alone():
            return _last(self._generate(replace(request, drafts=drafts)))

    def text_of(self, token_ids: Sequence[int]) -> str:
        """Return the text of tokens of a response, as of the beginning of a reply's."""
        return self.model.codec.decode(token_ids)

    def topics(
        self, question: str, count: int | None = None, conversation: Conversation | None = None
    ) -> Topics:
        """Return the exact distribution over the labels, without a reply.

        Args:
            question: as for `stream`.
            count: how many labels, at least 1; all if None.
            conversation: the earlier turns and how they count; none if None.

        Raises:
            CounselError: the model does not tell its labels, or its context is too short.
            BusyError: another generation of this engine has not ended yet.
        """
        if not self.labels:
            raise CounselError(
                text(
                    f"{self.model.path}: 이 모델은 라벨을 알려 주지 않습니다. {CARD_FILE}에 labels를 적으세요.",
                    f"{self.model.path}: this model does not tell its labels. Write them into {CARD_FILE}.",
                )
            )
        with self._alone():
            request = to_answer(
                self.model,
                self._trie,
                question,
                topic=None,
                sampling=self._current(None),
                seed=0,
                conversation=conversation or Conversation(),
            )
            runtime = self._awake()
            logits = runtime.start(request.prompt_ids)
            return find_topics(
                self.model.experts,
                self._trie,
                runtime,
                logits,
                question=request.question,
                earlier=request.earlier,
                wanted=None if count is None else max(1, count),
                favour=request.favour,
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._busy.acquire(blocking=False):
            raise BusyError(
                text(
                    "아직 답하는 중입니다. 그 답이 끝나거나 멈춘 뒤에 다시 물어보세요.",
                    "Still answering. Ask again when that reply has ended or was stopped.",
                )
            )
        try:
            yield
        finally:
            self._busy.release()

    def _generate(self, request: Request) -> Generator[Event]:
        request = replace(request, replies=self._known if request.constrain else None)
        yield from generate(
            self.model.codec, self._trie, self._awake(), request, self.identity, self.model.experts
        )

    def _awake(self) -> Runtime:
        if self._runtime is None:
            self._runtime = Runtime(self.model, self.precision, self._threads)
        return self._runtime

    def _current(self, sampling: Sampling | Callable[[], Sampling] | None) -> Callable[[], Sampling]:
        fixed = sampling if isinstance(sampling, Sampling) else self.default_sampling
        return sampling if callable(sampling) else lambda: fixed


def _last(events: Generator[Event]) -> Reply:
    last = deque(events, maxlen=1).pop()  # not all of them: each token holds its logits
    assert isinstance(last, Reply)
    return last
