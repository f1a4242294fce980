"""The LiteRT runtime and the KV cache: token ids in, logits out, over a tree of tokens.

The rows of the cache form a tree. Each token names its parent's row and sees its ancestors only, which the
attention mask expresses; a plain sequence is a tree without branches. So one cache serves prefill, decoding,
the verification of drafts and the branches of the topic trie. The cache is as long as its tokens need, since
length costs time at every token, and grows without losing any.
"""

import os
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import graph_cache
from engine.checkpoint import Array, Geometry
from engine.errors import ModelError
from engine.graph import Pass, cache_names
from engine.language import text
from engine.model_directory import ModelDirectory
from engine.native import hidden_stderr, hide_farewell
from engine.precision import Precision

ROOT = -1  # the parent of a token that nothing precedes
SHORTEST = 128  # rows of a KV cache; the next longer one has twice as many
DECODE = (1, 4, 8, 16)  # tokens in one pass that gives the logits after each of them
PREFILL = (4, 8, 16, 32)  # tokens in one pass that gives those after one of them, which is quicker
_HIDDEN = np.float32(-1e9)


def default_threads() -> int:
    """Return the number of physical cores that this process may use."""
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    cores = os.sched_getaffinity(0)
    siblings = (Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list") for core in cores)
    try:
        return len({path.read_text() for path in siblings})
    except OSError:  # a kernel that does not tell
        return len(cores)


class Runtime:
    """One model's graph with one KV cache.

    Args:
        model: the model directory.
        precision: of the weights in the graph.
        threads: that compute; `default_threads()` if None.

    Attributes:
        context: the most tokens that the model can see.
        vocab_size: of the logits.
        used: how many rows of the cache hold a token.
        passes: how many passes over the weights were made so far.
        state: float32 [width], what the last norm gave for the token that was computed last, before its gain and bias.

    Raises:
        ModelError: the graph cannot be stored or opened.
    """

    def __init__(
        self, model: ModelDirectory, precision: Precision = "int8", threads: int | None = None
    ) -> None:
        self.context, self.used, self.passes = model.geometry.context, 0, 0
        self.vocab_size = model.geometry.vocab_size
        self._weights, self._width = model.weights, model.geometry.width
        self.state: Array = np.zeros(self._width, np.float32)
        self._ids: list[int] = []  # of each row
        self._parents: list[int] = []
        self._lengths = [SHORTEST]
        while self._lengths[-1] < self.context:
            self._lengths.append(2 * self._lengths[-1])
        kinds = [
            Pass(tokens, rows, one_answer)
            for rows in self._lengths
            for sizes, one_answer in ((DECODE, False), (PREFILL, True))
            for tokens in sizes
        ]
        threads = threads or default_threads()
        files = graph_cache.get_graph(
            model, precision, kinds, lambda made: _Graph(made, threads, model.geometry).close()
        )
        self._graph = _Graph(files, threads, model.geometry)
        self.close = weakref.finalize(self, self._graph.close)
        self._graph.resize(SHORTEST, 0)
        self._sees = np.zeros((self._lengths[-1], self._lengths[-1]), np.bool_)  # [row, ancestor or itself]
        for count in (1, max(PREFILL)):  # LiteRT prepares a kind of pass when it first runs
            self.append([0] * min(count, self.context), last_only=True)
            self.truncate(0)

    def start(self, ids: Sequence[int]) -> Array:
        """Hold these tokens and no others; the beginning of them that is there already is not computed again.

        Returns:
            logits float32 [vocab_size] after the last one.
        """
        same = 0
        while same < min(self.used, len(ids) - 1) and (self._ids[same], self._parents[same]) == (
            ids[same],
            same - 1,
        ):
            same += 1
        self.truncate(same)
        return self.append(ids[same:], last_only=True)[-1]  # type: ignore[no-any-return]

    def truncate(self, rows: int) -> None:
        """Forget the tokens in all rows but the first `rows`."""
        self.used = rows
        del self._ids[rows:], self._parents[rows:]
        self._fit(min(2 * rows, self._graph.rows))

    def append(
        self, ids: Sequence[int], parents: Sequence[int] | None = None, *, last_only: bool = False
    ) -> Array:
        """Compute tokens and put them into the next rows of the cache.

        Args:
            ids: the tokens, at least one; together with those before they must fit `context`.
            parents: for each token the row of the token before it, which may be one of these tokens, or
                `ROOT`. Without it, each follows the one before, and the first follows the last row.
            last_only: whether the logits after the last token are enough, which is quicker.

        Returns:
            logits float32 [len(ids), vocab_size], or [1, vocab_size] if `last_only`. The tokens' rows are the
            last len(ids) of `used`. How tokens are grouped into calls changes no bit of them.

        Raises:
            ModelError: the weights are so broken that the logits are no numbers.
        """
        if self.used + len(ids) > self.context:
            raise ValueError(f"{len(ids)} tokens do not fit after {self.used} of {self.context} rows")
        if parents is None:
            parents = range(self.used - 1, self.used - 1 + len(ids))
        self._fit(max(self.used + len(ids), self._graph.rows))
        self._ids += ids
        self._parents += parents
        logits = []
        done = 0
        while done < len(ids):
            one = self._next_pass(len(ids) - done, last_only)
            chunk = slice(done, done + one.tokens)
            logits.append(self._run(one, ids[chunk], parents[chunk]))
            done += one.tokens
        return logits[-1][-1:] if last_only else np.concatenate(logits)

    def _next_pass(self, left: int, last_only: bool) -> Pass:
        """Return the kind of pass to take next: the smallest that takes all, else the largest that fits."""
        one_answer = last_only and left > 1
        room = self._graph.rows - self.used
        sizes = [size for size in (PREFILL if one_answer else DECODE) if size <= room]
        if not sizes:  # fewer rows than the smallest: one after the other
            return Pass(1, self._graph.rows)
        size = next((size for size in sizes if size >= left), sizes[-1])
        return Pass(size, self._graph.rows, one_answer)

    def _run(self, one: Pass, ids: Sequence[int], parents: Sequence[int]) -> Array:
        count, first = len(ids), self.used
        for row, parent in enumerate(parents, start=first):
            self._sees[row] = self._sees[parent] if parent != ROOT else False
            self._sees[row, row] = True
        sees = self._sees[first : first + count, : one.rows]
        x = np.zeros((one.tokens, self._width), np.float32)
        x[:count] = self._weights.rows("transformer.wte.weight", ids)
        x[:count] += self._weights.rows("transformer.wpe.weight", (sees.sum(axis=1) - 1).tolist())
        mask = np.full((1, one.tokens, one.rows), _HIDDEN)
        mask[0, :count][sees] = 0
        inputs = {"x": x, "mask": mask, "row": np.array([0, first, 0], np.int32)}
        if one.one_answer:
            inputs["pick"] = np.zeros((1, 1, one.tokens), np.float32)
            inputs["pick"][..., count - 1] = 1
        logits, states = self._graph.run(one, inputs)
        answers = 1 if one.one_answer else count
        self.state = states[answers - 1]
        self.used += count
        self.passes += 1
        return self._weights.checked("logits", logits[:answers])

    def _fit(self, rows: int) -> None:
        """Take the shortest cache that holds so many rows."""
        length = next(length for length in self._lengths if length >= rows)
        if length != self._graph.rows:
            self._graph.resize(length, self.used)


class _Graph:
    """A compiled graph with the buffers of its KV cache and, a set for each pass, of everything else.

    A layer's keys and values are float32 [heads, rows, head_width].
    """

    def __init__(self, files: graph_cache.Files, threads: int, geometry: Geometry) -> None:
        # Imported here: a command that only shows its help needs no runtime.
        from ai_edge_litert.compiled_model import CompiledModel
        from ai_edge_litert.options import Options

        options = Options.create()
        options.cpu_options.num_threads = threads
        options.cpu_options.xnnpack_weight_cache_path = str(files.packed)
        hide_farewell()
        try:
            with hidden_stderr():
                self._model: Any = CompiledModel.from_file(str(files.graph), options=options)
        except (RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ModelError(
                text(
                    f"{files.graph}: LiteRT가 그래프를 열지 못합니다({reason}). 이 파일을 지우고 다시 해 보세요.",
                    f"{files.graph}: LiteRT cannot open the graph ({reason}). Delete it and try again.",
                )
            ) from error
        self._geometry = geometry
        self._buffers: dict[Pass, tuple[dict[str, Any], dict[str, Any]]] = {}
        self._cache: dict[str, Any] = {}
        self.rows = 0

    def close(self) -> None:
        """Give everything back, without LiteRT saying so on the terminal."""
        with hidden_stderr():
            self._buffers.clear()
            self._cache.clear()
            self._model = None

    def run(self, one: Pass, inputs: dict[str, NDArray[Any]]) -> tuple[Array, Array]:
        """Run a pass, which writes into the cache, and return its logits and states."""
        widths = {"logits": self._geometry.vocab_size, "state": self._geometry.width}
        if one not in self._buffers:
            self._buffers[one] = (
                {name: self._model.create_input_buffer_by_name(one.name, name) for name in inputs},
                {name: self._model.create_output_buffer_by_name(one.name, name) for name in widths},
            )
        small, answers = self._buffers[one]
        for name, array in inputs.items():
            small[name].write(array)
        outputs = {**answers, **{f"new_{name}": buffer for name, buffer in self._cache.items()}}
        self._model.run_by_name(one.name, {**small, **self._cache}, outputs)
        rows = 1 if one.one_answer else one.tokens
        logits, states = (
            answers[name].read(rows * width, np.float32).reshape(rows, width)
            for name, width in widths.items()
        )
        return logits, states

    def resize(self, rows: int, used: int) -> None:
        """Take a cache of another length, and bring the first `used` rows along."""
        old, shape = self._cache, (self._geometry.heads, self.rows, self._geometry.head_width)
        self._cache = {}
        for name in cache_names(self._geometry.layers):
            array = np.zeros(
                (shape[0], rows, shape[2]), np.float32
            )  # NaN in a row that nobody sees would spread
            if used:
                array[:, :used] = old[name].read(int(np.prod(shape)), np.float32).reshape(shape)[:, :used]
            self._cache[name] = self._model.create_input_buffer_by_name(Pass(1, rows).name, name)
            with hidden_stderr():
                self._cache[name].write(array)
        self.rows = rows
