"""KerasHub on TensorFlow: MODEL."""

import os

import numpy as np

from bench.peers.common import PROMPT, TEMPERATURE, THREADS, TOP_K, Generate, measure


def load(folder: str) -> Generate:
    """Open the model directory as it is; the function that `generate` compiles is made in the warm-up."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras_hub
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    backbone = keras_hub.models.GPT2Backbone.from_preset(folder)
    model = keras_hub.models.GPT2CausalLM(backbone=backbone, preprocessor=None)
    model.compile(sampler=keras_hub.samplers.TopKSampler(k=TOP_K, temperature=TEMPERATURE))

    def generate(new: int) -> list[int]:
        ids = np.zeros((1, len(PROMPT) + new), np.int32)
        ids[0, : len(PROMPT)] = PROMPT
        mask = np.zeros(ids.shape, np.bool_)
        mask[0, : len(PROMPT)] = True
        result = model.generate({"token_ids": ids, "padding_mask": mask}, stop_token_ids=None)
        return list(np.asarray(result["token_ids"])[0, len(PROMPT) :])

    return generate


if __name__ == "__main__":
    measure(load, "keras-hub")
