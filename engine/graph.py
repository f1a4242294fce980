"""A GPT-2 as a LiteRT graph, written straight from its weights.

The graph takes embedded tokens and returns logits. Its KV cache and its attention mask are inputs that the
host gives, so that one graph serves prefill, decoding, verification and the branches of a tree of tokens.
Each token's key and value are written into their row of the cache before anything is attended to, so that
every sum runs over the rows in their order: how tokens are grouped into passes, and how long the cache is,
changes no bit of the logits. Layer-norm gains and biases and the scale of the queries are folded into the
weights that follow them.
"""

from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

import numpy as np

from engine.checkpoint import HEAD, Array, Geometry, Weights
from engine.flatbuffer import INT32, Constant, GraphWriter, ModelWriter
from engine.precision import Precision

_CHUNK = 2048  # rows
# The matrices that are fp16 in mixed precision: on the shipped model, each of the first layer's and the head
# change the loss of a token 3 to 9 times as much in int8 as any other does (0.003 to 0.006 nats, 0.0007).
_FINER = ("h0.", "head")
VERSION = 3  # part of the cache's key: raise it when the graph that is written changes


class Pass(NamedTuple):
    """One signature of the graph.

    Attributes:
        tokens: how many it takes at once.
        rows: of the KV cache.
        one_answer: whether logits are computed for one of the tokens only, which the input `pick` names.
    """

    tokens: int
    rows: int
    one_answer: bool = False

    @property
    def name(self) -> str:
        """The signature's name."""
        return f"{'prefill' if self.one_answer else 'decode'}{self.tokens}_{self.rows}"


def cache_names(layers: int) -> list[str]:
    """Return the inputs that hold the KV cache; an output `new_…` goes with each."""
    return [f"{kind}{layer:03d}" for layer in range(layers) for kind in ("key", "value")]


def build(
    weights: Weights, geometry: Geometry, precision: Precision, passes: Sequence[Pass], file: BinaryIO
) -> None:
    """Write a graph's file.

    Args:
        weights: of a `GPT2LMHeadModel`.
        geometry: its shape.
        precision: of the matrices. int8 with one scale per output channel, activations quantised as they come;
            mixed, which is int8 but for `_FINER`; fp16, half of fp32 on disk and all of it in memory, since it
            is computed in fp32; fp32.
        passes: each becomes a signature with the inputs x float32 [tokens, width], mask float32
            [1, tokens, rows] (0 where a token may look, very negative elsewhere), row int32 [3] (0, the row of
            the first token, 0) and, for each layer, key and value float32 [heads, rows, head_width]; and the
            outputs logits float32 [tokens, vocab_size], state float32 [tokens, width], which is what the last norm
            gives before its gain and bias, and the caches with the tokens' rows written, for which the caller gives
            the buffers of the inputs. With `one_answer` there is an input pick float32 [1, 1, tokens], a one among
            zeros, and logits and state have one row.
        file: opened for writing at its beginning.
    """
    model = ModelWriter()
    layers = [_fold_layer(model, weights, geometry, layer, precision) for layer in range(geometry.layers)]
    head = _fold_head(model, weights, precision)
    for one in passes:
        _write_pass(model, geometry, layers, head, one)
    model.write(file)


Linear = tuple[Constant, Constant]  # weight [out, in] and bias [out]


def _fold_layer(
    model: ModelWriter, weights: Weights, geometry: Geometry, layer: int, precision: Precision
) -> dict[str, Linear]:
    prefix = f"transformer.h.{layer}."

    def linear(name: str, norm: str | None = None) -> tuple[Array, Array]:
        weight = weights.tensor(f"{prefix}{name}.weight").T
        bias = weights.tensor(f"{prefix}{name}.bias")
        if norm is None:
            return weight, bias
        gain, shift = weights.tensor(f"{prefix}{norm}.weight"), weights.tensor(f"{prefix}{norm}.bias")
        with np.errstate(over="ignore", invalid="ignore"):  # `_store` looks at the result
            return weight * gain, bias + weight @ shift

    query_key_value, bias = linear("attn.c_attn", "ln_1")
    scale = np.ones((3 * geometry.width, 1), np.float32)
    scale[: geometry.width] = geometry.head_width**-0.5
    parts = {
        "qkv": (query_key_value * scale, bias * scale[:, 0]),
        "projection": linear("attn.c_proj"),
        "inner": linear("mlp.c_fc", "ln_2"),
        "outer": linear("mlp.c_proj"),
    }
    return {
        name: _store(model, weights, f"h{layer}.{name}", *part, precision=precision)
        for name, part in parts.items()
    }


def _fold_head(model: ModelWriter, weights: Weights, precision: Precision) -> Linear:
    matrix = weights.tensor(HEAD if weights.has_own_head else "transformer.wte.weight")
    gain, shift = weights.tensor("transformer.ln_f.weight"), weights.tensor("transformer.ln_f.bias")
    with np.errstate(over="ignore", invalid="ignore"):
        bias = matrix @ shift
        matrix *= gain  # in place: it is the largest of all
    return _store(model, weights, "head", matrix, bias, precision=precision)


def _store(
    model: ModelWriter, weights: Weights, name: str, weight: Array, bias: Array, precision: Precision
) -> Linear:
    weight, bias = weights.checked(name, weight), weights.checked(f"{name}.bias", bias)
    stored_bias = model.constant(f"{name}.bias", bias)
    if precision == "mixed":
        precision = "fp16" if name.startswith(_FINER) else "int8"
    if precision == "fp32":
        return model.constant(name, weight), stored_bias
    if precision == "fp16":
        largest = np.finfo(np.float16).max
        return model.constant(name, weight.clip(-largest, largest).astype(np.float16)), stored_bias
    scales = np.maximum(weight.max(axis=1), -weight.min(axis=1)) / np.float32(127)
    scales[scales == 0] = 1
    quantised = np.empty(weight.shape, np.int8)
    for start in range(0, len(weight), _CHUNK):  # a chunk at a time: the head's matrix is large
        rows = slice(start, start + _CHUNK)
        np.rint(weight[rows] / scales[rows, None], out=quantised[rows], casting="unsafe")
    return model.constant(name, quantised, scales), stored_bias


def _write_pass(
    model: ModelWriter, geometry: Geometry, layers: list[dict[str, Linear]], head: Linear, one: Pass
) -> None:
    g = GraphWriter(model)
    heads, width, head_width = geometry.heads, geometry.width, geometry.head_width
    epsilon = g.use(model.constant("epsilon", np.array([geometry.epsilon], np.float32)))

    def normalise(x: int) -> int:
        centred = g.subtract(x, g.mean(x))
        variance = g.mean(g.multiply(centred, centred))
        return g.multiply(centred, g.reciprocal_root(g.add(variance, epsilon)))

    x = g.input("x", [one.tokens, width])
    mask = g.input("mask", [1, one.tokens, one.rows])
    row = g.input("row", [3], INT32)
    caches = {name: g.input(name, [heads, one.rows, head_width]) for name in cache_names(geometry.layers)}
    inputs = {"x": x, "mask": mask, "row": row, **caches}
    outputs: dict[str, int] = {}
    for layer, part in enumerate(layers):
        split = g.reshape(g.fully_connected(normalise(x), *part["qkv"]), [one.tokens, 3 * heads, head_width])
        by_head = g.transpose(split, [1, 0, 2])
        query, key, value = (
            g.slice(by_head, [third * heads, 0, 0], [heads, one.tokens, head_width]) for third in range(3)
        )
        keys = g.write_rows(caches[f"key{layer:03d}"], key, row)
        values = g.write_rows(caches[f"value{layer:03d}"], value, row)
        outputs |= {f"new_key{layer:03d}": keys, f"new_value{layer:03d}": values}
        attention = g.softmax(
            g.add(g.batch_matmul(query, keys, transpose_y=True), mask)
        )  # [heads, tokens, rows]
        mixed = g.batch_matmul(attention, values)
        joined = g.reshape(g.transpose(mixed, [1, 0, 2]), [one.tokens, width])
        x = g.add(x, g.fully_connected(joined, *part["projection"]))
        inner = g.gelu(g.fully_connected(normalise(x), *part["inner"]))
        x = g.add(x, g.fully_connected(inner, *part["outer"]))
    if one.one_answer:
        inputs["pick"] = g.input("pick", [1, 1, one.tokens])
        picked = g.batch_matmul(inputs["pick"], g.reshape(x, [1, one.tokens, width]))
        x = g.reshape(picked, [1, width])
    outputs["state"] = normalise(x)
    outputs["logits"] = g.fully_connected(outputs["state"], *head)
    model.add(one.name, g, inputs, outputs)
