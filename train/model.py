"""GPT-2 in Keras 3, from ids to hidden states and logits, with the tensor names of `GPT2LMHeadModel`.

Source: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019); the layout of the
weights and the initialisation are those of Hugging Face's `GPT2LMHeadModel`.
"""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from engine.checkpoint import PREFIX, Array, Geometry

SITES = 3  # places in a block where dropout acts
RANDOM = 2**16  # different random numbers from which dropout draws
SLOPE, CUBIC = math.sqrt(2 / math.pi), 0.044715  # of GELU's tanh form


def drop(x: Any, rate: float, seed: Any, site: int) -> Any:
    """Set a share of `x` to zero and scale up the rest; the same seed and site always drop the same.

    Nothing of this is state, so a training that goes on after a crash drops what it would have dropped.

    Args:
        x: any shape.
        rate: the share.
        seed: int32 [2], or None for no dropout.
        site: the number of this place in the network.
    """
    if seed is None or rate == 0:
        return x
    # Two 16-bit numbers from each random word: until the backward pass they take half the memory.
    count = tf.size(x)
    own = tf.random.experimental.stateless_fold_in(seed, site)
    words = tf.random.stateless_uniform([(count + 1) // 2], own, None, None, tf.uint32)
    bits = tf.reshape(tf.reshape(tf.bitcast(words, tf.uint16), [-1])[:count], tf.shape(x))
    threshold = round(rate * RANDOM)
    kept = tf.cast(bits, tf.int32) >= threshold
    return tf.where(kept, x * (RANDOM / (RANDOM - threshold)), tf.zeros_like(x))


@tf.custom_gradient
def gelu(x: Any) -> Any:
    """Return GELU in its tanh form, as GPT-2 has it, any shape.

    Its gradient needs nothing but `x`: the tanh is not kept until then. Written with the logistic function, to which it
    is equal, it cannot be mistaken for the forward pass's tanh, which a compiler would keep after all.

    Source: Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016).
    """

    def gradient(upstream: Any) -> Any:
        share = tf.sigmoid(2 * SLOPE * (x + CUBIC * x**3))
        steepness = 2 * SLOPE * (1 + 3 * CUBIC * x**2)
        return upstream * (share + x * share * (1 - share) * steepness)

    return 0.5 * x * (1 + tf.tanh(SLOPE * (x + CUBIC * x**3))), gradient


class Attention(keras.layers.Layer):
    """Causal multi-head self-attention, [batch, length, width] to the same."""

    def __init__(self, geometry: Geometry, dropout: float, site: int, dtype: str) -> None:
        super().__init__(dtype=dtype)
        self.heads, self.head_width = geometry.heads, geometry.head_width
        self.c_attn = _dense(3 * geometry.width, dtype)
        self.c_proj = _dense(geometry.width, dtype, residual_layers=2 * geometry.layers)
        self.rate, self.site = dropout, site

    def call(self, x: Any, seed: Any = None) -> Any:
        """Attend from every position to itself and those before it."""
        batch, length, width = ops.shape(x)
        heads = ops.reshape(self.c_attn(x), (batch, length, 3, self.heads, self.head_width))
        query, key, value = ops.unstack(
            ops.transpose(heads, (2, 0, 3, 1, 4)), axis=0
        )  # [B, H, T, head_width]
        scores = ops.matmul(query, ops.swapaxes(key, 2, 3)) / math.sqrt(self.head_width)  # [B, H, T, T]
        steps = ops.arange(length)
        scores = ops.where(steps[:, None] >= steps[None, :], ops.cast(scores, "float32"), -1e9)
        weights = drop(ops.cast(ops.softmax(scores), x.dtype), self.rate, seed, self.site)
        mixed = ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3))
        return self.c_proj(ops.reshape(mixed, (batch, length, width)))


class Block(keras.layers.Layer):
    """One transformer block with the norms before its two parts, [batch, length, width] to the same."""

    def __init__(self, geometry: Geometry, dropout: float, number: int, dtype: str) -> None:
        super().__init__(dtype=dtype)
        self.rate, self.site = dropout, 1 + SITES * number
        self.ln_1 = keras.layers.LayerNormalization(epsilon=geometry.epsilon, dtype=dtype)
        self.attn = Attention(geometry, dropout, self.site, dtype)
        self.ln_2 = keras.layers.LayerNormalization(epsilon=geometry.epsilon, dtype=dtype)
        self.c_fc = _dense(4 * geometry.width, dtype)
        self.c_proj = _dense(geometry.width, dtype, residual_layers=2 * geometry.layers)

    def call(self, x: Any, seed: Any = None, places: Any = None) -> Any:
        """Add attention, then the feed-forward part, to the residual stream; only at `places`, if given."""
        x = x + drop(self.attn(self.ln_1(x), seed), self.rate, seed, self.site + 1)
        if places is not None:
            x = tf.gather(tf.reshape(x, (-1, x.shape[-1])), places)
        hidden = gelu(self.c_fc(self.ln_2(x)))
        return x + drop(self.c_proj(hidden), self.rate, seed, self.site + 2)


class GPT2(keras.Model):
    """The decoder with its tied output head.

    Args:
        geometry: vocabulary, context, width, layers and heads.
        dropout: the rate behind embeddings, attention weights and both parts of a block.
        arithmetic: "float32", or "bfloat16" or "float16" for everything but the weights, norms, softmax and loss.
        lora_rank: of low-rank matrices beside every dense layer, which alone are trained; 0 for none.
            Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021), in Keras' own form.
        freeze: so many blocks, counted from below, are not trained.
        topics: labels of a topic head, a linear layer beside the output head; 0 for none.
    """

    def __init__(
        self,
        geometry: Geometry,
        dropout: float = 0.1,
        arithmetic: str = "float32",
        lora_rank: int = 0,
        freeze: int = 0,
        topics: int = 0,
    ) -> None:
        dtype = arithmetic if arithmetic == "float32" else f"mixed_{arithmetic}"
        super().__init__(dtype=dtype)
        self.geometry, self.rate = geometry, dropout
        initial = keras.initializers.RandomNormal(stddev=0.02)
        self.wte = keras.layers.Embedding(geometry.vocab_size, geometry.width, initial, dtype=dtype)
        self.wpe = keras.layers.Embedding(geometry.context, geometry.width, initial, dtype=dtype)
        self.blocks = [Block(geometry, dropout, number, dtype) for number in range(geometry.layers)]
        self.ln_f = keras.layers.LayerNormalization(epsilon=geometry.epsilon, dtype=dtype)
        self.topic_head = _dense(topics, dtype) if topics else None
        if self.topic_head is not None:
            self.topic_head.build((None, geometry.width))
        self(tf.zeros((1, 2), tf.int32))  # creates the weights
        if lora_rank:
            self._adapt(lora_rank)
        for block in self.blocks[:freeze]:
            block.trainable = False

    def _adapt(self, rank: int) -> None:
        for layer in self.blocks:
            for part in layer._flatten_layers():
                if isinstance(part, keras.layers.Dense):
                    part.enable_lora(rank)
        own = {id(variable) for variable in (self.topic_head.variables if self.topic_head else ())}
        for variable in self.variables:
            variable.trainable = "lora" in variable.path or id(variable) in own

    def call(self, ids: Any, seed: Any = None, places: Any = None) -> Any:
        """Return hidden states for ids int32 [batch, length].

        Args:
            ids: the tokens.
            seed: int32 [2], of the dropout; None for none.
            places: int32 [slots], the positions in the flattened ids that are of interest; None for all.

        Returns:
            [slots, width], or [batch, length, width] for all.
        """
        x = self.wte(ids) + self.wpe(ops.arange(ops.shape(ids)[1]))
        x = drop(x, self.rate, seed, 0)
        for block in self.blocks[:-1]:
            x = block(x, seed)
        return self.ln_f(self.blocks[-1](x, seed, places))

    def logits(self, hidden: Any) -> Any:
        """Return logits float32 [..., vocab_size] of hidden states [..., width]."""
        matrix = ops.cast(self.wte.embeddings, hidden.dtype)
        return ops.cast(ops.matmul(hidden, ops.transpose(matrix)), "float32")

    def topic_logits(self, hidden: Any) -> Any:
        """Return logits float32 [..., labels] of hidden states [..., width] at `<unused1>`; there is a topic head."""
        assert self.topic_head is not None
        return ops.cast(self.topic_head(hidden), "float32")

    def layers_by_name(self) -> dict[str, Any]:
        """Return every layer that has weights by its name in `GPT2LMHeadModel`."""
        named: dict[str, Any] = {"wte": self.wte, "wpe": self.wpe}
        for number, block in enumerate(self.blocks):
            parts = {
                "ln_1": block.ln_1,
                "attn.c_attn": block.attn.c_attn,
                "attn.c_proj": block.attn.c_proj,
                "ln_2": block.ln_2,
                "mlp.c_fc": block.c_fc,
                "mlp.c_proj": block.c_proj,
            }
            named |= {f"h.{number}.{name}": layer for name, layer in parts.items()}
        return {PREFIX + name: layer for name, layer in {**named, "ln_f": self.ln_f}.items()}

    def tensors(self) -> dict[str, Any]:
        """Return every weight by its name in `GPT2LMHeadModel`, with what LoRA learnt added to it."""
        tensors: dict[str, Any] = {}
        for name, layer in self.layers_by_name().items():
            match layer:
                case keras.layers.Embedding():
                    tensors[f"{name}.weight"] = layer.embeddings
                case keras.layers.Dense():
                    tensors |= {f"{name}.weight": layer.kernel, f"{name}.bias": layer.bias}
                case _:
                    tensors |= {f"{name}.weight": layer.gamma, f"{name}.bias": layer.beta}
        return tensors

    def arrays(self) -> dict[str, Array]:
        """Return the same as numpy arrays float32."""
        return {name: ops.convert_to_numpy(tensor) for name, tensor in self.tensors().items()}

    def topic_arrays(self) -> dict[str, Array]:
        """Return the topic head as numpy arrays float32: weight [labels, width] and bias [labels]; nothing without one."""
        if self.topic_head is None:
            return {}
        weight, bias = (ops.convert_to_numpy(variable) for variable in self.topic_head.variables)
        return {"weight": np.ascontiguousarray(weight.T), "bias": bias}

    def named_variables(self) -> dict[str, Any]:
        """Return every variable as it is stored, so LoRA's matrices apart, by a name that stays the same."""
        layers = self.layers_by_name() | ({"topic_head": self.topic_head} if self.topic_head else {})
        return {
            f"{name}.{variable.name}": variable
            for name, layer in layers.items()
            for variable in layer.variables
        }

    def assign(self, tensors: Mapping[str, Array]) -> None:
        """Set every weight from arrays named and shaped as `Geometry.shapes` says; LoRA's matrices stay."""
        for name, layer in self.layers_by_name().items():
            weight, *bias = [variable for variable in layer.variables if "lora" not in variable.path]
            weight.assign(tensors[f"{name}.weight"])
            for variable in bias:
                variable.assign(tensors[f"{name}.bias"])


def _dense(width: int, dtype: str, residual_layers: int = 1) -> keras.layers.Dense:
    initial = keras.initializers.RandomNormal(stddev=0.02 / math.sqrt(residual_layers))
    return keras.layers.Dense(width, kernel_initializer=initial, dtype=dtype)
