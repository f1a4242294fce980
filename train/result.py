"""From a trained network to a model directory, and from there to the precision of its graph."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from engine import quantization
from engine.checkpoint import Geometry
from engine.errors import CounselError, ModelError
from engine.language import text
from engine.model_directory import ModelDirectory
from engine.template import Codec
from train import checkpoint
from train.card import write_card
from train.description import configuration
from train.run import Run
from train.sequences.pipeline import Line

POSITIONS = 12_800  # so many tell enough of a graph, and take seconds


@contextmanager
def writing_model(
    out: Path,
    run: Run,
    codec: Codec,
    geometry: Geometry,
    dropout: float,
    precision: checkpoint.Precision,
    card: Mapping[str, Any],
    add: Callable[[Path], None] = lambda _: None,
) -> Iterator[Path]:
    """Write a model directory and give it, to be measured and added to, before it replaces what is there.

    So nobody takes an unfinished model for a whole one (see `checkpoint.check_out`).

    Args:
        out: the directory.
        run: that trained the network; its configuration and metrics go into the directory.
        codec: of the network.
        geometry: of the network.
        dropout: that it was trained with, for `config.json`.
        precision: of the stored weights.
        card: the content of `counsel.json`, without hashes.
        add: writes what else there is into the folder that it is given.

    Raises:
        CounselError: the disk is full; the checkpoints, from which the model can be written later, are untouched.
    """
    try:
        with checkpoint.replacing(out) as folder:
            weights = {name: array.astype(precision) for name, array in run.trainer.model.arrays().items()}
            checkpoint.save_network(folder, weights, codec, configuration(geometry, dropout))
            checkpoint.save_tokenizer(folder, codec, geometry.context)
            run.copy_records(folder)
            add(folder)
            (folder / checkpoint.README).write_text(write_card(card), "utf-8")
            checkpoint.save_card(folder, card)
            yield folder
    except (OSError, SafetensorError) as error:
        raise CounselError(
            text(
                f"{out}: 모델을 쓰지 못했습니다({error}). 체크포인트는 그대로이니 자리를 비우고 --resume으로 마치세요.",
                f"{out}: the model cannot be written ({error}). The checkpoints are untouched: make room and finish with "
                "--resume.",
            )
        ) from error


def choose_precision(out: Path, held_out: Sequence[Line], seed: int) -> None:
    """Choose the precision of a model's graph on held-out lines, and tell it in the card.

    Where there is no space for graphs, the card says that they were not checked, and `counsel doctor` tells what is
    wrong.
    """
    if not held_out:
        return
    longest = max(len(line.ids) for line in held_out)
    lines = quantization.sample(held_out, min(quantization.ROWS, max(1, POSITIONS // longest)), seed)
    with suppress(ModelError):
        precision, tried = quantization.choose(ModelDirectory.load(out), [line.sequence for line in lines])
        figures = {"precision": precision, "quantization": [asdict(quality) for quality in tried]}
        checkpoint.add_to_card(out, figures)
