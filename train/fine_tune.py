"""`counsel train` without its command line: from a data file to a model directory."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict

from engine import quantization
from engine.errors import ModelError
from engine.model_directory import ModelDirectory
from train import checkpoint
from train.card import write_card
from train.description import configuration, describe
from train.loop import Epoch, Step, fit, mean_loss
from train.preparation import Plan, Request, build, make_plan, prepare


def fine_tune(request: Request, watch: Callable[[Plan | Step | Epoch], None]) -> None:
    """Train a model and write its directory, replacing what is there (see `checkpoint.check_out`).

    Raises:
        CounselError: rows or base cannot be used, or the loss is no number any more; nothing was written.
    """
    prepared = prepare(request)
    codec, rows = prepared.sampler.codec, prepared.split
    validation, test = prepared.sampler.fixed(rows.validation), prepared.sampler.fixed(rows.test)
    model = build(request, prepared)
    watch(make_plan(request, prepared, model))
    # The folder is made before the training: what cannot be written is known before hours have passed.
    with checkpoint.replacing(request.out) as folder:
        history = fit(model, prepared.epochs, validation, request.settings, codec.pad_id, watch)
        test_loss = mean_loss(model, test, request.settings.batch_size, codec.pad_id)
        weights = {name: tensor.numpy().astype(request.precision) for name, tensor in model.tensors().items()}
        checkpoint.save_network(folder, weights, codec, configuration(prepared.geometry, request.dropout))
        checkpoint.save_tokenizer(folder, codec, prepared.geometry.context)
        if request.keep_responses:
            checkpoint.save_responses(folder, prepared.epochs.responses())
        card = describe(request, prepared, history, test_loss)
        (folder / checkpoint.README).write_text(write_card(card), "utf-8")
        checkpoint.save_card(folder, card)
    if validation:
        # The model is safe by now. Where there is no space for graphs, its card says that they were not checked, and
        # `counsel doctor` tells what is wrong.
        with suppress(ModelError):
            sequences = quantization.sample(validation, seed=request.settings.seed)
            precision, tried = quantization.choose(ModelDirectory.load(request.out), sequences)
            figures = {"precision": precision, "quantization": [asdict(quality) for quality in tried]}
            checkpoint.add_to_card(request.out, figures)
