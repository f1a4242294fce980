"""Ours: what `train.loop` does with an update: target (the default recipe), text (loss over all), xla (compiled), bfloat16."""

from collections.abc import Sequence
from typing import Any

from bench.peers.training import (
    BATCH,
    CONTEXT,
    DROPOUT,
    HEADS,
    LAYERS,
    PAD,
    RATE,
    VOCABULARY,
    WIDTH,
    Sequences,
    Timed,
    measure,
)


def prepare(mode: Any, lines: Sequences) -> Sequence[Timed]:
    """Shuffle the lines into buckets, as the default recipe does."""
    import numpy as np

    from engine.checkpoint import Geometry
    from train.memory import give_back, keep_little
    from train.model import GPT2
    from train.sequences.pipeline import Batcher, Line, Update, bucket_lengths
    from train.settings import Settings
    from train.trainer import Trainer

    keep_little()
    settings = Settings(batch_size=BATCH, counted="text" if mode == "text" else "target")
    geometry = Geometry(VOCABULARY, CONTEXT, WIDTH, LAYERS, HEADS)
    arithmetic = mode if mode == "bfloat16" else "float32"
    trainer = Trainer(lambda: GPT2(geometry, DROPOUT, arithmetic), settings, xla=mode == "xla")
    lengths = bucket_lengths([len(ids) - 1 for ids, _ in lines])
    batcher = Batcher(BATCH, PAD, CONTEXT, counted=settings.counted, lengths=lengths)
    updates = batcher.updates([Line(ids, read) for ids, read in lines], np.random.default_rng(0))
    shapes = set()

    def step(update: Update) -> float:
        loss = trainer.step(update, RATE, 1).loss
        if (shape := (update.inputs.shape, update.places.shape)) not in shapes:  # as the loop does
            shapes.add(shape)
            give_back()
        return loss

    return [
        Timed(
            positions=update.inputs.size,
            shape=(update.inputs.shape, update.places.shape),
            run=lambda update=update: step(update),  # type: ignore[misc]
        )
        for update in updates
    ]


if __name__ == "__main__":
    measure(prepare, "tensorflow")
