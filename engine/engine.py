"""The engine's face: load a model, ask it, and take its events."""

import secrets
from collections.abc import Callable, Generator
from pathlib import Path
from threading import Lock
from typing import Self

from engine.errors import BusyError, CounselError
from engine.events import Event, Reply
from engine.generation import FREE_LABEL_TOKENS, generate
from engine.graph import Precision
from engine.language import text
from engine.model_directory import CARD_FILE, SHIPPED, ModelDirectory
from engine.runtime import Runtime
from engine.sampling import Sampling
from engine.topics import LabelTrie

LENGTHS = (128, 256, 512, 1024)  # of the KV cache: a longer one costs time at every token
_FRAME = 3  # BOS, <unused0> and <unused1>


def _never() -> bool:
    return False


class Engine:
    """One model, ready to answer one question at a time. It never prints.

    Example:
        with Engine.load() as engine:
            print(engine.reply("요즘 잠을 못 자요", seed=7).text)

    Args:
        model: the opened model directory.
        precision: of the graph's weights.
    """

    def __init__(self, model: ModelDirectory, precision: Precision = "int8") -> None:
        self.model = model
        self._precision = precision
        self._trie = LabelTrie(model.labels, model.codec, str(model.path / CARD_FILE))
        self._runtime: Runtime | None = Runtime(model, self._lengths()[0], precision)
        self._busy = Lock()

    @classmethod
    def load(cls, path: Path | str | None = None, precision: Precision = "int8") -> Self:
        """Load a model directory and make it ready to answer.

        Args:
            path: the directory; the model that is shipped with the package if None.
            precision: of the weights in the graph, "int8" or "fp32".

        Raises:
            ModelError: the directory cannot be used; the message says why and what to do.
        """
        return cls(ModelDirectory.load(SHIPPED if path is None else Path(path)), precision)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory of the interpreter back, until the engine is asked again."""
        self._runtime = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's topic labels; empty if the model does not say."""
        return tuple(self.model.labels)

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
        should_stop: Callable[[], bool] = _never,
    ) -> Generator[Event]:
        """Answer a question, telling each event as it happens.

        Args:
            question: any text. What is longer than the model's context is cut on the left.
            topic: a label of the model to answer under; the likeliest if None.
            sampling: fixed, or a callable that is asked before every token; `default_sampling` if None.
            seed: of the random numbers, at least 0; a random one, told in the reply, if None.
            should_stop: asked before every token; true ends the reply as it is.

        Yields:
            One `Topics`, then `Token`s, last one `Reply`.

        Raises:
            CounselError: an unknown topic, a negative seed, or a model whose context is too short to answer.
            BusyError: another generation of this engine has not ended yet.
        """
        if topic is not None and self.labels and topic not in self.labels:
            raise CounselError(
                text(
                    f"'{topic}': 이 모델에 없는 주제입니다. 있는 주제: {', '.join(self.labels)}",
                    f"'{topic}': not a topic of this model. It has: {', '.join(self.labels)}",
                )
            )
        if seed is not None and seed < 0:
            raise CounselError(text(f"seed={seed}: 0 이상이어야 합니다.", f"seed={seed}: must be 0 or more."))
        fixed = sampling if isinstance(sampling, Sampling) else self.default_sampling
        current = sampling if callable(sampling) else lambda: fixed
        if not self._busy.acquire(blocking=False):
            raise BusyError(
                text(
                    "아직 답하는 중입니다. 그 답이 끝나거나 멈춘 뒤에 다시 물어보세요.",
                    "Still answering. Ask again when that reply has ended or was stopped.",
                )
            )
        try:
            ids, rows, truncated = self._fit(question, topic, current().max_new_tokens)
            yield from generate(
                self.model,
                self._trie,
                self._runtime_for(rows),
                ids,
                topic=topic,
                truncated=truncated,
                sampling=current,
                seed=secrets.randbits(32) if seed is None else seed,
                should_stop=should_stop,
            )
        finally:
            self._busy.release()

    def reply(
        self,
        question: str,
        *,
        topic: str | None = None,
        sampling: Sampling | Callable[[], Sampling] | None = None,
        seed: int | None = None,
    ) -> Reply:
        """Answer a question at once; the arguments and errors are those of `stream`."""
        *_, last = self.stream(question, topic=topic, sampling=sampling, seed=seed)
        assert isinstance(last, Reply)
        return last

    def _lengths(self) -> list[int]:
        context = self.model.geometry.context
        return [length for length in LENGTHS if length < context] + [min(context, LENGTHS[-1])]

    def _fit(self, question: str, topic: str | None, new_tokens: int) -> tuple[list[int], int, bool]:
        """Cut a question so that up to half of the context is left for the answer.

        Returns:
            The question's tokens, the rows of the cache that question and answer need, and whether it was cut.
        """
        ids = self.model.codec.encode(question)
        if len(self._trie):
            label = self._trie.depth
        else:
            label = 1 + (FREE_LABEL_TOKENS if topic is None else len(self.model.codec.encode(topic)))
        longest = self._lengths()[-1]
        answer = max(1, min(new_tokens, longest // 2 - label))
        room = longest - _FRAME - label - answer
        if room < 0:
            raise CounselError(
                text(
                    f"{self.model.path}: 문맥이 {longest}토큰이라 라벨({label}토큰)과 답이 들어가지 않습니다. "
                    "문맥이 더 긴 모델을 쓰거나 라벨을 줄이세요.",
                    f"{self.model.path}: a context of {longest} tokens does not hold the label ({label} tokens) "
                    "and an answer. Use a model with a longer context, or shorter labels.",
                )
            )
        kept = ids[max(0, len(ids) - room) :]
        return kept, _FRAME + len(kept) + label + answer, len(kept) < len(ids)

    def _runtime_for(self, rows: int) -> Runtime:
        """Return the shortest KV cache that holds `rows`, whatever came before, so that replies repeat exactly."""
        length = next(length for length in self._lengths() if length >= rows)
        if self._runtime is None or self._runtime.capacity != length:
            self._runtime = Runtime(self.model, length, self._precision)
        return self._runtime
