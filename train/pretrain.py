"""`counsel pretrain` without its command line: from raw text to a model directory."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.checkpoint import Geometry
from engine.model_directory import SCHEMA
from engine.sampling import Sampling
from train.base import Base
from train.checkpoint import Precision, run_folder
from train.distribution import Cluster, explaining_lost_workers
from train.events import Epoch, Event, best_of
from train.interrupts import explaining_interrupts
from train.lock import locked
from train.result import choose_precision, writing_model
from train.run import Job, Run, begin, start_anew
from train.sequences.corpus import Corpus
from train.sequences.packing import Packed
from train.settings import ABOUT_TOPICS, Settings


@dataclass(frozen=True)
class Request:
    """What to train, on what, and where to put it.

    Attributes:
        corpus: where the text comes from.
        packed: the same as tokens.
        out: the model directory to be written.
        base: a checkpoint to start from, or None for random weights.
        size: the shape of a network with random weights; its vocabulary is that of `packed`.
        settings: of the loop.
        dropout: the rate in training.
        validation_share: of the documents, that was held out.
        name: what the model is called; the name of `out` if empty.
        data_licences: lines for the card.
        precision: of the stored weights.
        cluster: the machines that train together; None for this one alone.
        configuration: the options that repeat the training, as TOML.
    """

    corpus: Corpus
    packed: Packed
    out: Path
    base: Base | None
    size: Geometry
    settings: Settings
    dropout: float
    validation_share: float
    name: str = ""
    data_licences: Sequence[str] = ()
    precision: Precision = "float32"
    cluster: Cluster | None = None
    configuration: str = ""

    @property
    def geometry(self) -> Geometry:
        """The shape of the network."""
        return (
            self.base.geometry if self.base else replace(self.size, vocab_size=self.packed.codec.vocab_size)
        )

    @property
    def run_folder(self) -> Path:
        """Where checkpoints and metrics are kept, beside the model; each further machine has its own part of it."""
        return run_folder(self.out, self.cluster)


def make_job(request: Request) -> Job:
    """Return what the loop is to train."""
    packed, corpus = request.packed, request.corpus
    return Job(
        settings=request.settings,
        geometry=request.geometry,
        pad_id=packed.codec.pad_id,
        make=partial(begin, request.base, 0, request.geometry, request.settings, request.dropout),
        source=packed.blocks,
        validation=packed.held_out,
        fingerprint={
            "base": request.base.identity if request.base else "",
            "geometry": asdict(request.geometry),
            "dropout": request.dropout,
            "corpus": [file.sha256 for file in corpus.files],
            "document": corpus.unit,
            "context": packed.blocks.context,
            "validation": request.validation_share,
            "tokenizer": sha256(packed.codec.tokenizer.to_str().encode()).hexdigest(),
        },
        folder=request.run_folder,
        cluster=request.cluster,
        configuration=request.configuration,
    )


def pretrain(
    request: Request, watch: Callable[[Event], None], resume: bool = False, overwrite: bool = False
) -> None:
    """Train a model and write its directory, replacing what is there (see `checkpoint.check_out`).

    Args:
        request: what to train, on what.
        watch: called with everything that happens.
        resume: whether to go on from the newest checkpoint.
        overwrite: whether an earlier training's checkpoints may be deleted.

    Raises:
        CounselError: the base cannot be used, or training cannot go on, or another one is in the
            run folder; checkpoints stay.
    """
    with locked(request.run_folder):
        if overwrite and not resume:
            start_anew(request.run_folder)
        with explaining_lost_workers(request.cluster):
            run = Run(make_job(request), watch, resume)
            history = run.train()
        if request.cluster is not None and not request.cluster.is_chief:
            return
        card = describe(request, history)
        codec, geometry = request.packed.codec, request.geometry
        with (
            explaining_interrupts(),
            writing_model(
                request.out, run, codec, geometry, request.dropout, request.precision, card
            ) as folder,
        ):
            choose_precision(folder, request.packed.held_out, request.settings.seed)


def describe(request: Request, history: Sequence[Epoch]) -> dict[str, Any]:
    """Return the content of `counsel.json`, without the hashes; the graph is not measured yet."""
    packed = request.packed
    settings = {name: value for name, value in asdict(request.settings).items() if name not in ABOUT_TOPICS}
    best = best_of(history)
    metrics = {"training_loss": best.loss}
    if best.validation_loss is not None:
        metrics |= {
            "validation_loss": best.validation_loss,
            "validation_perplexity": math.exp(best.validation_loss),
        }
    return {
        "schema": SCHEMA,
        "name": request.name or request.out.name,
        "labels": {},
        "template": asdict(packed.codec.template),
        "sampling": asdict(Sampling()),
        "context_turns": 0,
        "base_trained_on": request.base.trained_on if request.base else [],
        "trained_on": [
            {
                "file": file.path.name,
                "sha256": file.sha256,
                "documents": file.documents,
                "characters": file.characters,
            }
            for file in request.corpus.files
        ],
        "training": {
            "base": request.base.identity if request.base else "random weights",
            "seed": settings.pop("seed"),
            "configuration": settings
            | {
                "best_epoch": best.number,
                "dropout": request.dropout,
                "document": request.corpus.unit,
                "context": packed.blocks.context,
                "validation_share": request.validation_share,
                "tokens": len(packed.blocks.tokens),
                "validation_tokens": packed.held_out_tokens,
                "precision": request.precision,
            },
        },
        "metrics": metrics,
        "precision": "int8",
        "quantization": [],
        "licences": [
            *dict.fromkeys([*(request.base.licences if request.base else ()), *request.data_licences])
        ],
    }
