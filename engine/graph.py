"""A GPT-2 as a LiteRT graph, written straight from its weights.

The graph takes embedded tokens and returns logits. Its KV cache is an input that the host writes into, and
so is the attention mask, so that one graph serves prefill, decoding and the branches of a tree of tokens.
Layer-norm gains and biases and the scale of the queries are folded into the weights that follow them.
"""

from typing import Literal

import numpy as np

from engine.checkpoint import HEAD, Array, Geometry, Weights
from engine.flatbuffer import Constant, GraphWriter, ModelWriter

Precision = Literal["fp32", "int8"]
VERSION = 1  # part of the cache's key: raise it when the graph that is written changes


def signature(tokens: int) -> str:
    """Return the name of the signature that takes `tokens` tokens in one pass."""
    return f"tokens{tokens}"


def cache_names(layers: int) -> list[str]:
    """Return the inputs that hold the KV cache; an output `new_…` goes with each."""
    return [f"{kind}{layer:03d}" for layer in range(layers) for kind in ("key", "value")]


def build(
    weights: Weights, geometry: Geometry, precision: Precision, length: int, tokens: tuple[int, ...]
) -> bytes:
    """Return the graph's flatbuffer.

    Args:
        weights: of a `GPT2LMHeadModel`.
        geometry: its shape.
        precision: fp32, or int8 with one scale per output channel, activations quantised as they come.
        length: the rows of the KV cache.
        tokens: for each number K of tokens in one pass, there is a signature with the inputs
            x float32 [K, width], mask float32 [1, K, length + K] (0 where a token may look, very negative
            elsewhere; first the rows of the cache, then the K tokens themselves) and, for each layer, key
            and value float32 [heads, length, head_width], and the outputs logits float32 [K, vocab_size] and
            new keys and values float32 [heads, K, head_width].
    """
    model = ModelWriter()
    layers = [_fold_layer(model, weights, geometry, layer, precision) for layer in range(geometry.layers)]
    head = _fold_head(model, weights, precision)
    for count in tokens:
        _write_pass(model, geometry, layers, head, length, count)
    return model.finish()


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
        folded = matrix * gain, matrix @ shift
    return _store(model, weights, "head", *folded, precision=precision)


def _store(
    model: ModelWriter, weights: Weights, name: str, weight: Array, bias: Array, precision: Precision
) -> Linear:
    weight, bias = weights.checked(name, weight), weights.checked(f"{name}.bias", bias)
    stored_bias = model.constant(f"{name}.bias", bias)
    if precision == "fp32":
        return model.constant(name, weight), stored_bias
    scales = (np.abs(weight).max(axis=1) / 127).astype(np.float32)
    scales[scales == 0] = 1
    quantised = np.rint(weight / scales[:, None]).astype(np.int8)
    return model.constant(name, quantised, scales), stored_bias


def _write_pass(
    model: ModelWriter,
    geometry: Geometry,
    layers: list[dict[str, Linear]],
    head: Linear,
    length: int,
    count: int,
) -> None:
    g = GraphWriter(model)
    heads, width, head_width = geometry.heads, geometry.width, geometry.head_width
    epsilon = g.use(model.constant("epsilon", np.array([geometry.epsilon], np.float32)))

    def normalise(x: int) -> int:
        centred = g.subtract(x, g.mean(x))
        variance = g.mean(g.multiply(centred, centred))
        return g.multiply(centred, g.reciprocal_root(g.add(variance, epsilon)))

    x = g.input("x", [count, width])
    mask = g.input("mask", [1, count, length + count])
    caches = {name: g.input(name, [heads, length, head_width]) for name in cache_names(geometry.layers)}
    inputs = {"x": x, "mask": mask, **caches}
    outputs: dict[str, int] = {}
    for layer, part in enumerate(layers):
        split = g.reshape(g.fully_connected(normalise(x), *part["qkv"]), [count, 3 * heads, head_width])
        by_head = g.transpose(split, [1, 0, 2])
        query, key, value = (
            g.slice(by_head, [third * heads, 0, 0], [heads, count, head_width]) for third in range(3)
        )
        old_key, old_value = caches[f"key{layer:03d}"], caches[f"value{layer:03d}"]
        scores = [g.batch_matmul(query, keys, transpose_y=True) for keys in (old_key, key)]
        attention = g.softmax(g.add(g.concatenate(scores, 2), mask))  # [heads, count, length + count]
        on_old = g.slice(attention, [0, 0, 0], [heads, count, length])
        on_new = g.slice(attention, [0, 0, length], [heads, count, count])
        mixed = g.add(g.batch_matmul(on_old, old_value), g.batch_matmul(on_new, value))
        joined = g.reshape(g.transpose(mixed, [1, 0, 2]), [count, width])
        x = g.add(x, g.fully_connected(joined, *part["projection"]))
        inner = g.gelu(g.fully_connected(normalise(x), *part["inner"]))
        x = g.add(x, g.fully_connected(inner, *part["outer"]))
        outputs |= {f"new_key{layer:03d}": key, f"new_value{layer:03d}": value}
    logits = g.fully_connected(normalise(x), *head)
    model.add(signature(count), g, inputs, {"logits": logits, **outputs})
