"""The published recipe's own way, `TFGPT2LMHeadModel.generate` with its parameters: MODEL [eager|xla].

XLA does without `no_repeat_ngram_size`, which it cannot compile.
"""

import os
import sys

from bench.peers.common import PROMPT, THREADS, Generate, measure


def load(folder: str, mode: str = "eager") -> Generate:
    """Open the model directory as it is, with transformers 4 and Keras 2."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import tensorflow as tf
    from safetensors.numpy import load_file
    from transformers import GPT2Config, TFGPT2LMHeadModel  # type: ignore[attr-defined]  # gone from version 5
    from transformers.modeling_tf_pytorch_utils import (  # type: ignore[import-not-found]
        load_pytorch_state_dict_in_tf2_model,
    )

    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    # `from_pretrained` of the last transformers with TensorFlow fails on safetensors; this is what it means to do.
    model = TFGPT2LMHeadModel(GPT2Config.from_pretrained(folder))
    load_pytorch_state_dict_in_tf2_model(model, load_file(f"{folder}/model.safetensors"))
    parameters = {"do_sample": True, "top_k": 5}
    if mode == "eager":
        run, parameters["no_repeat_ngram_size"] = model.generate, 3
    else:
        run = tf.function(model.generate, jit_compile=True)
    ids = tf.constant([PROMPT], tf.int32)

    def generate(new: int) -> list[int]:
        sequence = run(
            ids, attention_mask=tf.ones_like(ids), max_new_tokens=new, eos_token_id=None, **parameters
        )
        return list(sequence[0, len(PROMPT) :].numpy())

    return generate


if __name__ == "__main__":
    eager = "xla" not in sys.argv
    measure(load, "transformers", runs=1 if eager else 3, few=1 if eager else 2)
