"""GPT-2 in Keras 3, from ids to hidden states and logits, with the tensor names of `GPT2LMHeadModel`.

Source: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019); the layout of the
weights and the initialisation are those of Hugging Face's `GPT2LMHeadModel`.
"""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from engine.checkpoint import PREFIX, Array, Geometry


class Attention(keras.layers.Layer):
    """Causal multi-head self-attention, [batch, length, width] to the same."""

    def __init__(self, geometry: Geometry, dropout: float) -> None:
        super().__init__()
        self.heads, self.head_width = geometry.heads, geometry.head_width
        self.c_attn = _dense(3 * geometry.width)
        self.c_proj = _dense(geometry.width, residual_layers=2 * geometry.layers)
        self.dropout = keras.layers.Dropout(dropout)

    def call(self, x: Any, training: bool = False) -> Any:
        """Attend from every position to itself and those before it."""
        batch, length, width = ops.shape(x)
        heads = ops.reshape(self.c_attn(x), (batch, length, 3, self.heads, self.head_width))
        query, key, value = ops.unstack(
            ops.transpose(heads, (2, 0, 3, 1, 4)), axis=0
        )  # [B, H, T, head_width]
        scores = ops.matmul(query, ops.swapaxes(key, 2, 3)) / math.sqrt(self.head_width)  # [B, H, T, T]
        steps = ops.arange(length)
        scores = ops.where(steps[:, None] >= steps[None, :], scores, -1e9)
        weights = self.dropout(ops.softmax(scores), training=training)
        mixed = ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3))
        return self.c_proj(ops.reshape(mixed, (batch, length, width)))


class Block(keras.layers.Layer):
    """One transformer block with the norms before its two parts, [batch, length, width] to the same."""

    def __init__(self, geometry: Geometry, dropout: float) -> None:
        super().__init__()
        self.ln_1 = keras.layers.LayerNormalization(epsilon=geometry.epsilon)
        self.attn = Attention(geometry, dropout)
        self.ln_2 = keras.layers.LayerNormalization(epsilon=geometry.epsilon)
        self.c_fc = _dense(4 * geometry.width)
        self.c_proj = _dense(geometry.width, residual_layers=2 * geometry.layers)
        self.dropout = keras.layers.Dropout(dropout)

    def call(self, x: Any, training: bool = False) -> Any:
        """Add attention, then the feed-forward part, to the residual stream."""
        x = x + self.dropout(self.attn(self.ln_1(x), training=training), training=training)
        hidden = ops.gelu(self.c_fc(self.ln_2(x)), approximate=True)
        return x + self.dropout(self.c_proj(hidden), training=training)


class GPT2(keras.Model):
    """The decoder with its tied output head.

    Args:
        geometry: vocabulary, context, width, layers and heads.
        dropout: the rate behind embeddings, attention weights and both parts of a block.
    """

    def __init__(self, geometry: Geometry, dropout: float = 0.1) -> None:
        super().__init__()
        self.geometry = geometry
        initial = keras.initializers.RandomNormal(stddev=0.02)
        self.wte = keras.layers.Embedding(geometry.vocab_size, geometry.width, initial)
        self.wpe = keras.layers.Embedding(geometry.context, geometry.width, initial)
        self.dropout = keras.layers.Dropout(dropout)
        self.blocks = [Block(geometry, dropout) for _ in range(geometry.layers)]
        self.ln_f = keras.layers.LayerNormalization(epsilon=geometry.epsilon)
        self(np.zeros((1, 2), np.int32))  # creates the weights

    def call(self, ids: Any, training: bool = False) -> Any:
        """Return hidden states float32 [batch, length, width] for ids int32 [batch, length]."""
        x = self.wte(ids) + self.wpe(ops.arange(ops.shape(ids)[1]))
        x = self.dropout(x, training=training)
        for block in self.blocks:
            x = block(x, training=training)
        return self.ln_f(x)

    def logits(self, hidden: Any) -> Any:
        """Return logits [..., vocab_size] of hidden states [..., width]."""
        return ops.matmul(hidden, ops.transpose(self.wte.embeddings))

    def tensors(self) -> dict[str, Any]:
        """Return every variable by its name in `GPT2LMHeadModel`."""
        named: dict[str, Any] = {"wte.weight": self.wte.embeddings, "wpe.weight": self.wpe.embeddings}
        for number, block in enumerate(self.blocks):
            parts = {
                "ln_1": block.ln_1,
                "attn.c_attn": block.attn.c_attn,
                "attn.c_proj": block.attn.c_proj,
                "ln_2": block.ln_2,
                "mlp.c_fc": block.c_fc,
                "mlp.c_proj": block.c_proj,
            }
            for name, layer in parts.items():
                weight, bias = layer.weights  # a Dense has kernel and bias, a norm gamma and beta
                named |= {f"h.{number}.{name}.weight": weight, f"h.{number}.{name}.bias": bias}
        named |= {"ln_f.weight": self.ln_f.gamma, "ln_f.bias": self.ln_f.beta}
        return {PREFIX + name: variable for name, variable in named.items()}

    def assign(self, tensors: Mapping[str, Array]) -> None:
        """Set every weight from arrays named and shaped as `Geometry.shapes` says."""
        for name, variable in self.tensors().items():
            variable.assign(tensors[name])


def _dense(width: int, residual_layers: int = 1) -> keras.layers.Dense:
    initial = keras.initializers.RandomNormal(stddev=0.02 / math.sqrt(residual_layers))
    return keras.layers.Dense(width, kernel_initializer=initial)
