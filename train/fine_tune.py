"""`counsel train` without its command line: from a data file to a model directory."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from engine import quantization
from engine.checkpoint import Geometry
from engine.errors import ModelError
from engine.language import text
from engine.model_directory import SCHEMA, TOKENIZER_FILE, ModelDirectory
from engine.sampling import Sampling
from engine.template import Codec, Template
from engine.topics import LabelTrie
from train import checkpoint
from train.card import write_card
from train.data import DataError, DataFile, Row, count_labels
from train.loop import Epoch, Settings, Step, fit
from train.model import GPT2
from train.pipeline import Line
from train.sizes import SIZES
from train.tokenizer import learn_tokenizer


@dataclass(frozen=True)
class Request:
    """What to train, on what, and where to put it.

    Attributes:
        data: the rows.
        out: the model directory to be written.
        base: a GPT-2 checkpoint to start from, or None for random weights.
        size: one of `SIZES`, for random weights.
        settings: of the loop.
        dropout: the rate in training.
        validation_share: of the different utterances, held out to be measured after each epoch.
        name: what the model is called; the name of `out` if empty.
        data_licences: lines for the card.
        precision: of the stored weights.
        keep_responses: whether the replies it learnt from go into the directory.
    """

    data: DataFile
    out: Path
    base: ModelDirectory | None
    size: str
    settings: Settings
    dropout: float
    validation_share: float
    name: str
    data_licences: Sequence[str]
    precision: checkpoint.Precision
    keep_responses: bool


@dataclass(frozen=True)
class Plan:
    """What is about to be trained, for the watcher."""

    rows: int
    validation_rows: int
    labels: int
    parameters: int
    steps_per_epoch: int


def fine_tune(request: Request, watch: Callable[[Plan | Step | Epoch], None]) -> None:
    """Train a model and write its directory, replacing what is there (see `checkpoint.check_out`).

    Raises:
        CounselError: rows or base cannot be used, or the loss is no number any more; nothing was written.
    """
    keras.utils.set_random_seed(request.settings.seed)
    training, validation = _hold_out(request.data.rows, request.validation_share, request.settings.seed)
    geometry, codec = _start_from(request, training)
    labels = count_labels(training)
    LabelTrie(labels, codec, str(request.data.path))  # labels that cannot be told apart are refused now
    path = request.data.path
    lines, held_out = (_encode(part, codec, geometry.context, path) for part in (training, validation))
    model = GPT2(geometry, request.dropout)
    if request.base is not None:
        model.assign(checkpoint.base_tensors(request.base))
    plan = Plan(
        rows=len(lines),
        validation_rows=len(held_out),
        labels=len(labels),
        parameters=model.count_params(),
        steps_per_epoch=-(-len(lines) // request.settings.batch_size),
    )
    watch(plan)
    # The folder is made before the training: what cannot be written is known before hours have passed.
    with checkpoint.replacing(request.out) as folder:
        history = fit(model, lines, held_out, request.settings, codec.pad_id, watch)
        weights = {name: tensor.numpy().astype(request.precision) for name, tensor in model.tensors().items()}
        checkpoint.save_network(folder, weights, codec, _config(geometry, request.dropout))
        checkpoint.save_tokenizer(folder, codec, geometry.context)
        if request.keep_responses:
            checkpoint.save_responses(folder, [(row.label, row.response) for row in training if row.response])
        card = _describe(request, plan, labels, history, codec)
        (folder / checkpoint.README).write_text(write_card(card), "utf-8")
        checkpoint.save_card(folder, card)
    if held_out:
        # The model is safe by now. Where there is no space for graphs, its card says that they were not checked, and
        # `counsel doctor` tells what is wrong.
        with suppress(ModelError):
            sequences = quantization.sample(held_out, seed=request.settings.seed)
            precision, tried = quantization.choose(ModelDirectory.load(request.out), sequences)
            figures = {"precision": precision, "quantization": [asdict(quality) for quality in tried]}
            checkpoint.add_to_card(request.out, figures)


def _start_from(request: Request, training: Sequence[Row]) -> tuple[Geometry, Codec]:
    if request.base is not None:
        return request.base.geometry, request.base.codec
    size = SIZES[request.size]
    texts = (part for row in training for part in (row.question, row.label, row.response or ""))
    tokenizer = learn_tokenizer(texts, size.vocab_size)
    codec = Codec(tokenizer, Template(), TOKENIZER_FILE)
    return replace(size, vocab_size=codec.vocab_size), codec


def _hold_out(rows: Sequence[Row], share: float, seed: int) -> tuple[list[Row], list[Row]]:
    """Split by utterance, so that none is in both parts, and leave a row of every label to learn from."""
    by_question: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_question[row.question].append(row)
    groups = list(by_question.values())
    left = Counter(row.label for row in rows)
    wanted = int(share * len(by_question))
    training, validation = [], []
    for index in np.random.default_rng(seed).permutation(len(groups)):
        group = groups[index]
        leaving = Counter(row.label for row in group)
        if wanted and all(left[label] > count for label, count in leaving.items()):
            left -= leaving
            wanted -= 1
            validation += group
        else:
            training += group
    return training, validation


def _encode(rows: Sequence[Row], codec: Codec, context: int, data: Path) -> list[Line]:
    """Return the rows as ids, over-long ones cut at the beginning of their question."""
    lines = []
    for row in rows:
        ids, read = codec.training_sequence(row.question, row.label, row.response)
        excess = max(0, len(ids) - 1 - context)
        if excess > read - 3:  # BOS, <unused0> and <unused1> stay
            longer = max(row.label, row.response or "", key=len)
            raise DataError(
                text(
                    f"{data}, {row.number}행: 라벨과 응답이 모델의 문맥({context}토큰)보다 깁니다. "
                    f"줄이거나 나누세요: '{longer[:30]}…'",
                    f"{data}, row {row.number}: label and response exceed the model's context of {context} "
                    f"tokens. Shorten or split: '{longer[:30]}…'",
                )
            )
        lines.append(Line(ids[:2] + ids[2 + excess :], read - excess))
    return lines


def _config(geometry: Geometry, dropout: float) -> dict[str, Any]:
    return {
        "vocab_size": geometry.vocab_size,
        "n_positions": geometry.context,
        "n_embd": geometry.width,
        "n_layer": geometry.layers,
        "n_head": geometry.heads,
        "layer_norm_epsilon": geometry.epsilon,
        "resid_pdrop": dropout,
        "embd_pdrop": dropout,
        "attn_pdrop": dropout,
    }


def _describe(
    request: Request, plan: Plan, labels: dict[str, int], history: Sequence[Epoch], codec: Codec
) -> dict[str, Any]:
    """Return the content of `counsel.json`, without the hashes; the graph is not measured yet."""
    configuration = asdict(request.settings) | {
        "dropout": request.dropout,
        "validation_share": request.validation_share,
        "precision": request.precision,
    }
    metrics = {"training_loss": history[-1].loss}
    if history[-1].validation_loss is not None:
        metrics["validation_loss"] = history[-1].validation_loss
    return {
        "schema": SCHEMA,
        "name": request.name or request.out.name,
        "labels": labels,
        "template": asdict(codec.template),
        "sampling": asdict(Sampling()),
        "trained_on": [
            {
                "file": request.data.path.name,
                "sha256": request.data.sha256,
                "rows": plan.rows,
                "validation_rows": plan.validation_rows,
            }
        ],
        "training": {
            "base": request.base.identity if request.base else f"random weights ({request.size})",
            "seed": configuration.pop("seed"),
            "configuration": configuration,
        },
        "metrics": metrics,
        "precision": "int8",
        "quantization": [],
        "licences": list(request.data_licences),
    }
