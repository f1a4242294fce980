"""The published recipe's own loop, with transformers 4 and Keras 2: published, eager or function.

"published" is the notebook's code, which never says that it trains, so that nothing is dropped out; "eager" says so, and
"function" puts the same step into `tf.function`.
"""

import os
from collections.abc import Sequence
from typing import Any

from bench.peers.common import THREADS
from bench.peers.training import CONFIG, RATE, Sequences, Timed, measure, padded


def prepare(mode: str, lines: Sequences) -> Sequence[Timed]:
    """Pad each batch to its longest row, in the order of the file, all of it in the loss."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import tensorflow as tf
    from transformers import GPT2Config, TFGPT2LMHeadModel  # type: ignore[attr-defined]  # gone from version 5

    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    model = TFGPT2LMHeadModel(GPT2Config(**CONFIG))
    adam = tf.keras.optimizers.Adam(learning_rate=RATE, epsilon=1e-8)
    training = {} if mode == "published" else {"training": True}

    def step(batch: Any) -> Any:
        with tf.GradientTape() as tape:
            result = model(batch, labels=batch, **training)
            batch_loss = tf.reduce_mean(result[0])
        gradients = tape.gradient(batch_loss, model.trainable_variables)
        adam.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return batch_loss

    if mode == "function":
        model(tf.zeros((1, 2), tf.int32))  # a function may make no variables in its second trace
        adam.build(model.trainable_variables)
        step = tf.function(step, input_signature=[tf.TensorSpec([None, None], tf.int32)])
    return [
        Timed(
            positions=tokens.size - len(tokens),  # a row's last token predicts nothing
            shape=(),
            run=lambda tokens=tokens: float(step(tf.constant(tokens))),  # type: ignore[misc]
        )
        for tokens, _ in padded(lines)
    ]


if __name__ == "__main__":
    measure(prepare, "transformers")
