"""`counsel train` without its command line: from a data file to a model directory."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from hashlib import sha256
from typing import Any

from engine import quantization
from engine.topics import LabelTrie
from train.checkpoint import save_responses
from train.description import describe
from train.distribution import explaining_lost_workers
from train.events import Event
from train.interrupts import explaining_interrupts
from train.lock import locked
from train.model import GPT2
from train.preparation import Prepared, Request, prepare
from train.result import choose_precision, writing_model
from train.run import Job, Run, begin, start_anew
from train.sources import Scores
from train.topic_experts import add_experts
from train.topic_search import TopicSearch

SCORED = 1000  # held-out rows whose topics are searched after each epoch, at most


def make_job(request: Request, prepared: Prepared) -> Job:
    """Return what the loop is to train."""
    codec = prepared.sampler.codec
    return Job(
        settings=request.settings,
        geometry=prepared.geometry,
        pad_id=codec.pad_id,
        make=partial(
            begin,
            request.base,
            len(prepared.sampler.labels),
            prepared.geometry,
            request.settings,
            request.dropout,
        ),
        source=prepared.epochs,
        validation=prepared.sampler.fixed(prepared.split.validation),
        fingerprint={
            "base": request.base.identity if request.base else request.size,
            "dropout": request.dropout,
            **{f"{part}_rows": digest[:12] for part, digest in prepared.split.hashes().items()},
            "lines": _digest(prepared),
            "lexicon": [file.sha256[:12] for file in request.lexicon.files] if request.lexicon else [],
            "tokenizer": sha256(codec.tokenizer.to_str().encode()).hexdigest()[:12],
            "responses": sorted(set(prepared.sampler.joiner.policies.values())),
            "balance": request.balance,
            "augment": asdict(request.noise) if request.noise else None,
            "context_turns": request.context_turns,
        },
        score=_scorer(prepared),
        folder=request.run_folder,
        cluster=request.cluster,
        configuration=request.configuration,
        rows=len(prepared.split.training),
        effective_rows=prepared.epochs.effective,
        test_rows=len(prepared.split.test),
        labels=len(prepared.labels),
    )


def fine_tune(
    request: Request, watch: Callable[[Event], None], resume: bool = False, overwrite: bool = False
) -> None:
    """Train a model and write its directory, replacing what is there (see `checkpoint.check_out`).

    Args:
        request: what to train, on what.
        watch: called with everything that happens.
        resume: whether to go on from the newest checkpoint.
        overwrite: whether an earlier training's checkpoints may be deleted.

    Raises:
        CounselError: rows or base cannot be used, or training cannot go on, or another one is in the
            run folder; checkpoints stay.
    """
    prepared = prepare(request)
    with locked(request.run_folder):
        if overwrite and not resume:
            start_anew(request.run_folder)
        with explaining_lost_workers(request.cluster):
            run = Run(make_job(request, prepared), watch, resume)
            history = run.train()
            with explaining_interrupts():
                test_loss = run.measure(prepared.sampler.fixed(prepared.split.test))
                if request.cluster is None or request.cluster.is_chief:
                    _write(request, prepared, run, describe(request, prepared, history, test_loss))


def _write(request: Request, prepared: Prepared, run: Run, card: Mapping[str, Any]) -> None:
    """Write the model directory, its graph measured and its experts weighed."""
    seed, sampler, held_out = request.settings.seed, prepared.sampler, prepared.split.validation
    replies = prepared.epochs.responses() if request.keep_responses else []
    with writing_model(
        request.out,
        run,
        sampler.codec,
        prepared.geometry,
        request.dropout,
        request.precision,
        card,
        lambda folder: save_responses(folder, replies) if request.keep_responses else None,
    ) as folder:
        choose_precision(folder, sampler.fixed(held_out), seed)
        add_experts(
            folder,
            run.trainer.model.topic_arrays(),
            sampler.fixed_pairs(prepared.split.training) if request.ngrams else None,
            prepared.lexicon,
            sampler.fixed_pairs(held_out),
            request.precision,
            seed,
        )


def _digest(prepared: Prepared) -> str:
    """Return what tells the training lines from others, with other replies or in another order."""
    choices = prepared.sampler.joiner.choices(prepared.split.training)
    told = (
        repr((choice.row.label, choice.row.question, choice.responses, choice.turns)) for choice in choices
    )
    return sha256("\n".join(told).encode()).hexdigest()[:12]


def _scorer(prepared: Prepared) -> Callable[[GPT2], Scores] | None:
    """Return how the topics of held-out rows are searched; None where there is nothing to tell apart."""
    rows = quantization.sample(prepared.split.validation, SCORED)
    if not rows or len(prepared.labels) < 2:
        return None
    codec = prepared.sampler.codec
    trie = LabelTrie(prepared.labels, codec, "")
    prompts = [line.prompt for line in prepared.sampler.fixed(rows)]
    labels = prepared.sampler.labels
    search = TopicSearch(trie, prompts, [row.label for row in rows], codec.pad_id, labels)
    return search.score
