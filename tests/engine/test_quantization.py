"""What a coarser graph costs is measured right, and a graph that costs too much is not chosen."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from engine.model_directory import ModelDirectory
from engine.precision import PRECISIONS, Precision
from engine.quantization import LIMIT, choose, measure, sample
from engine.runtime import Runtime
from tests.conftest import FIXTURES

EXPECTED = np.load(FIXTURES / "tiny-gpt2" / "expected.npz")


def greedy_rows(model: ModelDirectory) -> list[tuple[list[int], int]]:
    """Return what the model in fp32 says likeliest itself, so that whatever spoils it raises the loss."""
    runtime, rows = Runtime(model, "fp32"), []
    for start in EXPECTED["ids"][:, :6].tolist():
        ids = list(start)
        while len(ids) < 30:
            ids.append(int(runtime.start(ids).argmax()))
        rows.append((ids, len(start)))
    return rows


def spoil_head(folder: Path, amount: float) -> None:
    """Give the model a head of its own with a huge column: one and the same number is added to all logits."""
    tensors = load_file(folder / "model.safetensors")
    head = tensors["transformer.wte.weight"].copy()
    head[:, 0] = amount
    save_file({**tensors, "lm_head.weight": head}, folder / "model.safetensors")


def spoil_layer(folder: Path, layer: int, amount: float) -> None:
    """Add `amount` to all weights of queries, keys and values; what a norm gives, before its gain, sums to zero."""
    tensors = load_file(folder / "model.safetensors")
    prefix = f"transformer.h.{layer}."
    added = amount / tensors[f"{prefix}ln_1.weight"]
    tensors[f"{prefix}attn.c_attn.weight"] += added[:, None]
    tensors[f"{prefix}attn.c_attn.bias"] -= added @ tensors[f"{prefix}ln_1.bias"]
    save_file(tensors, folder / "model.safetensors")


def brute_force(
    model: ModelDirectory, rows: list[tuple[list[int], int]], precision: Precision
) -> tuple[float, NDArray[np.int64]]:
    runtime, losses, likeliest = Runtime(model, precision), [], []
    for ids, read in rows:
        runtime.truncate(0)
        logits = runtime.append(ids[:-1])
        for position in range(read - 1, len(ids) - 1):
            softmax = np.exp(logits[position].astype(np.float64))
            losses.append(-np.log(softmax[ids[position + 1]] / softmax.sum()))
            likeliest.append(int(softmax.argmax()))
    return float(np.mean(losses)), np.array(likeliest)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_figures_are_those_of_a_plain_softmax(tiny: ModelDirectory, precision: Precision) -> None:
    rows = greedy_rows(tiny)
    rows[1] = rows[1][0][:7], 6  # a single predicted token
    quality = measure(tiny, rows, precision)
    loss, likeliest = brute_force(tiny, rows, precision)
    fp32_loss, fp32_likeliest = brute_force(tiny, rows, "fp32")
    assert quality.precision == precision
    assert quality.loss == pytest.approx(loss)
    assert quality.fp32_loss == pytest.approx(fp32_loss)
    assert quality.loss_increase == pytest.approx(loss / fp32_loss - 1)
    assert quality.top1_agreement == (likeliest == fp32_likeliest).mean()
    assert (quality.rows, quality.tokens) == (3, 24 + 1 + 24)


def test_a_finer_graph_is_nearer_to_transformers(tiny: ModelDirectory) -> None:
    errors = {}
    for precision in PRECISIONS:
        runtime = Runtime(tiny, precision)
        logits = []
        for ids in EXPECTED["ids"].tolist():
            runtime.truncate(0)
            logits.append(runtime.append(ids))
        errors[precision] = np.abs(np.array(logits) - EXPECTED["logits"]).mean()
    assert errors["int8"] > 2 * errors["mixed"] > 8 * errors["fp16"] > 80 * errors["fp32"]
    assert errors["fp16"] < 0.002


SPOILS: dict[str, tuple[Callable[[Path], None], Precision]] = {
    "a column of the head": (lambda folder: spoil_head(folder, 1000), "mixed"),
    "the first layer": (lambda folder: spoil_layer(folder, 0, 20), "mixed"),
    "the second layer": (lambda folder: spoil_layer(folder, 1, 30), "fp16"),
    "the second layer, for half precision too": (lambda folder: spoil_layer(folder, 1, 10_000), "fp32"),
}


@pytest.mark.parametrize("name", SPOILS)
def test_the_coarsest_graph_that_keeps_the_answers_is_chosen(tmp_path: Path, name: str) -> None:
    spoil, expected = SPOILS[name]
    folder = tmp_path / "model"
    shutil.copytree(FIXTURES / "tiny-gpt2", folder)
    spoil(folder)
    model = ModelDirectory.load(folder)
    rows = greedy_rows(model)
    precision, tried = choose(model, rows)
    assert precision == expected
    assert [quality.precision for quality in tried] == list(PRECISIONS[: PRECISIONS.index(expected) + 1])
    assert all(quality.loss_increase > LIMIT for quality in tried[:-1])
    assert tried[-1].loss_increase <= LIMIT
    assert tried == [measure(model, rows, quality.precision) for quality in tried]


def test_what_exceeds_the_context_is_cut_from_the_question(tiny: ModelDirectory) -> None:
    ids = np.random.default_rng(0).integers(7, 320, 80).tolist()
    whole = tiny.geometry.context + 1
    cut = [*ids[:2], *ids[2 + len(ids) - whole :]]
    assert measure(tiny, [(ids, 60)], "int8") == measure(tiny, [(cut, 60 - 80 + whole)], "int8")
    assert measure(tiny, [(ids, 60)], "int8").tokens == 20
    assert measure(tiny, [(ids, 4)], "int8").tokens == whole - 2  # more to predict than the context holds


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    rows = list(range(500))
    chosen = sample(rows, 200, seed=3)
    assert len(set(chosen) & set(rows)) == len(chosen) == 200
    assert chosen == sample(rows, 200, seed=3) != sample(rows, 200, seed=4)
    assert sorted(sample(rows[:5], 200)) == rows[:5]
