"""What a model directory tells of the model in it: `config.json` and `counsel.json`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from engine.checkpoint import Geometry
from engine.model_directory import SCHEMA
from engine.sampling import Sampling
from train.events import Epoch, best_of
from train.preparation import Prepared, Request
from train.rows.data import Data


def configuration(geometry: Geometry, dropout: float) -> dict[str, Any]:
    """Return the arguments of `transformers.GPT2Config`."""
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


def describe(
    request: Request, prepared: Prepared, history: Sequence[Epoch], test_loss: float | None
) -> dict[str, Any]:
    """Return the content of `counsel.json`, without the hashes; the graph is not measured yet."""
    settings = asdict(request.settings)
    best = best_of(history)
    losses = {
        "training_loss": best.loss,
        "validation_loss": best.validation_loss,
        "validation_topic_accuracy": best.accuracy[-1] if best.accuracy else None,
        "validation_macro_f1": best.macro_f1,
        "test_loss": test_loss,
    }
    return {
        "schema": SCHEMA,
        "name": request.name or request.out.name,
        "labels": prepared.labels,
        "template": asdict(prepared.sampler.codec.template),
        "sampling": asdict(Sampling()),
        "context_turns": request.context_turns,
        "replies": request.replies,
        "base_trained_on": request.base.trained_on if request.base else [],
        "trained_on": _files(request.data, prepared),
        "tested_on": _files(request.test, prepared) if request.test else [],
        "lexicon": _lexicon(request.lexicon, prepared) if request.lexicon else [],
        "training": {
            "base": request.base.identity if request.base else f"random weights ({request.size})",
            "seed": settings.pop("seed"),
            "configuration": settings
            | {
                "best_epoch": best.number,
                "dropout": request.dropout,
                "validation_share": request.validation_share,
                "test_share": request.test_share,
                "balance": request.balance,
                "effective_rows": round(prepared.epochs.effective, 1),
                "context_turns": request.context_turns,
                "precision": request.precision,
            }
            | (
                {f"augment_{name}": rate for name, rate in asdict(request.noise).items()}
                if request.noise
                else {}
            ),
            "splits": prepared.split.hashes(),
        },
        "metrics": {name: loss for name, loss in losses.items() if loss is not None},
        "precision": "int8",
        "quantization": [],
        "licences": [
            *dict.fromkeys([*(request.base.licences if request.base else ()), *request.data_licences])
        ],
    }


def _files(data: Data, prepared: Prepared) -> list[dict[str, Any]]:
    parts = prepared.split.training, prepared.split.validation, prepared.split.test
    training, validation, test = (Counter(row.place.path for row in part) for part in parts)
    return [
        {
            "file": file.path.name,
            "sha256": file.sha256,
            "rows": training[file.path],
            "validation_rows": validation[file.path],
            "test_rows": test[file.path],
            "responses": prepared.sampler.joiner.policies[file.path],
        }
        for file in data.files
    ]


def _lexicon(lexicon: Data, prepared: Prepared) -> list[dict[str, Any]]:
    entries = Counter(row.place.path for row in prepared.lexicon)
    return [
        {"file": file.path.name, "sha256": file.sha256, "entries": entries[file.path]}
        for file in lexicon.files
    ]
