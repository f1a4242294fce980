"""The LiteRT interpreter and the KV cache: token ids in, logits out, over a tree of tokens.

The rows of the cache form a tree. Each token names its parent's row and sees its ancestors only, which the
attention mask expresses; a plain sequence is a tree without branches. So one cache serves prefill, decoding
and the branches of the topic trie.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import graph_cache
from engine.checkpoint import Array
from engine.errors import ModelError
from engine.graph import Precision, cache_names, signature
from engine.language import text
from engine.model_directory import ModelDirectory
from engine.native import hidden_stderr

ROOT = -1  # the parent of a token that nothing precedes
PASSES = (1, 8)  # tokens in one pass: one while decoding, several in prefill and on the trie
_HIDDEN = np.float32(-1e9)


def default_threads() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Runtime:
    """One model's interpreter with one KV cache.

    Args:
        model: the model directory.
        length: the rows of the cache, at most the model's context.
        precision: of the weights in the graph.

    Attributes:
        capacity: the rows of the cache.
        used: how many of them hold a token.
    """

    def __init__(self, model: ModelDirectory, length: int, precision: Precision = "int8") -> None:
        # Imported here: a command that only shows its help needs no interpreter.
        from ai_edge_litert.interpreter import Interpreter

        self._weights = model.weights
        self.capacity, self.used = length, 0
        path = graph_cache.get_graph(model, precision, length, PASSES)
        try:
            with hidden_stderr():
                # The wrapped interpreter has what the public one lacks: views of every signature's tensors.
                self._interpreter = Interpreter(str(path), num_threads=default_threads())._interpreter
                self._passes = {count: _Pass(self._interpreter, count) for count in PASSES}
        except (RuntimeError, ValueError) as error:
            raise ModelError(
                text(
                    f"{path}: LiteRT가 그래프를 열지 못합니다({' '.join(str(error).split())[:200]}). 이 파일을 지우고 다시 해 보세요.",
                    f"{path}: LiteRT cannot open the graph ({' '.join(str(error).split())[:200]}). Delete it and try again.",
                )
            ) from error
        self._caches = [
            (views.inputs, name)
            for views in self._passes.values()
            for name in cache_names(model.geometry.layers)
        ]
        self._sees = np.zeros((length, length), np.bool_)  # [row, ancestor or itself]

    def truncate(self, rows: int) -> None:
        """Forget the tokens in all rows but the first `rows`."""
        self.used = rows

    def append(self, ids: Sequence[int], parents: Sequence[int] | None = None) -> Array:
        """Compute tokens and put them into the next rows of the cache.

        Args:
            ids: the tokens; together with those before they must fit `capacity`.
            parents: for each token the row of the token before it, which may be one of these tokens, or
                `ROOT`. Without it, each follows the one before, and the first follows the last row.

        Returns:
            logits float32 [len(ids), vocab_size]. The tokens' rows are the last len(ids) of `used`.

        Raises:
            ModelError: the weights are so broken that the logits are no numbers.
        """
        if self.used + len(ids) > self.capacity:
            raise ValueError(f"{len(ids)} tokens do not fit after {self.used} of {self.capacity} rows")
        if parents is None:
            parents = range(self.used - 1, self.used - 1 + len(ids))
        logits = []
        for start in range(0, len(ids), max(PASSES)):
            chunk = slice(start, start + max(PASSES))
            logits.append(self._run(ids[chunk], parents[chunk]))
        return np.concatenate(logits)

    def _run(self, ids: Sequence[int], parents: Sequence[int]) -> Array:
        count, first = len(ids), self.used
        views = self._passes[next(size for size in PASSES if size >= count)]
        for row, parent in enumerate(parents, start=first):
            self._sees[row] = self._sees[parent] if parent != ROOT else False
            self._sees[row, row] = True
        sees = self._sees[first : first + count]
        positions = sees.sum(axis=1) - 1
        x, mask = views.inputs["x"], views.inputs["mask"]
        x[:count] = self._weights.rows("transformer.wte.weight", ids)
        x[:count] += self._weights.rows("transformer.wpe.weight", positions.tolist())
        mask[:] = _HIDDEN
        mask[0, :count, :first][sees[:, :first]] = 0
        mask[0, :count, self.capacity : self.capacity + count][sees[:, first : first + count]] = 0
        views.invoke()
        self.used += count
        for inputs, name in self._caches:
            inputs[name][:, first : self.used] = views.outputs[f"new_{name}"][:, :count]
        return self._weights.checked("logits", views.outputs["logits"][:count].copy())


class _Pass:
    """The tensors of one signature, as arrays that the interpreter reads and writes in place."""

    def __init__(self, interpreter: Any, count: int) -> None:
        definition = interpreter.GetSignatureDefs()[signature(count)]
        self._index = interpreter.GetSubgraphIndexFromSignature(signature(count))
        interpreter.AllocateTensors(self._index)
        self._invoke = interpreter.Invoke
        self.inputs: dict[str, NDArray[np.float32]]
        self.inputs, self.outputs = (
            {
                name: interpreter.tensor(interpreter, tensor, self._index)
                for name, tensor in dict(definition[side]).items()
            }
            for side in ("inputs", "outputs")
        )
        for array in self.inputs.values():
            array[:] = 0  # rows that no token has written yet must not hold NaN: 0 * NaN is NaN

    def invoke(self) -> None:
        self._invoke(self._index)
