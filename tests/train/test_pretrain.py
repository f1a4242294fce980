"""What pretraining writes, and that it learns."""

import json
import math
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.checkpoint import sha256
from engine.errors import CounselError
from engine.model_directory import ModelDirectory
from engine.runtime import Runtime
from tests.conftest import FIXTURES, example_rows, write_csv
from train.base import open_base
from train.events import Epoch, Event, Plan
from train.fine_tune import fine_tune
from train.lock import locked
from train.preparation import Request as FineTuning
from train.pretrain import Request, pretrain
from train.rows.data import read_data
from train.sequences.corpus import read_corpus
from train.sequences.packing import pack
from train.settings import Settings
from train.sizes import SIZES

CONTEXT = 24


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Request:
    folder = tmp_path_factory.mktemp("pretrain")
    (folder / "text.txt").write_text("\n".join(question for _, question, _ in example_rows()))
    corpus = read_corpus([folder / "text.txt"], "line")
    size = replace(SIZES["tiny"], context=48)
    return Request(
        corpus=corpus,
        packed=pack(corpus, None, size.vocab_size, CONTEXT, 0.1, 0, lambda _: None),
        out=folder / "model",
        base=None,
        size=size,
        settings=Settings(epochs=12, batch_size=8, learning_rate=3e-3, patience=0),
        dropout=0.0,
        validation_share=0.1,
        data_licences=["CC0"],
    )


@pytest.fixture(scope="module")
def events(wanted: Request) -> list[Event]:
    seen: list[Event] = []
    pretrain(wanted, seen.append)
    return seen


def test_it_learns_the_text(wanted: Request, events: list[Event]) -> None:
    plan = next(event for event in events if isinstance(event, Plan))
    assert (plan.rows, plan.validation_rows) == (len(wanted.packed.blocks), len(wanted.packed.held_out))
    epochs = [event for event in events if isinstance(event, Epoch)]
    first, last = epochs[0].validation_loss, epochs[-1].validation_loss
    assert first is not None
    assert last is not None
    assert last < first - 1
    assert (epochs[-1].accuracy, epochs[-1].macro_f1) == ((), None)


@pytest.mark.usefixtures("events")
def test_the_card_tells_where_the_text_comes_from(wanted: Request) -> None:
    model = ModelDirectory.load(wanted.out)
    assert model.labels == {}
    assert model.geometry == replace(wanted.size, vocab_size=model.codec.vocab_size)
    path = wanted.corpus.files[0].path
    assert model.card["trained_on"] == [
        {
            "file": "text.txt",
            "sha256": sha256(path),
            "documents": 64,
            "characters": sum(map(len, path.read_text().split("\n"))),
        }
    ]
    told = (wanted.out / "README.md").read_text()
    for part in ("counsel pretrain", "64 documents", "- CC0", "The loss is on every token"):
        assert part in told
    assert "## Labels" not in told
    assert not (wanted.out / "responses.jsonl").exists()
    configuration = model.card["training"]["configuration"]
    assert configuration["context"] == CONTEXT
    assert "counted" not in configuration


@pytest.mark.usefixtures("events")
def test_the_perplexity_is_that_of_the_engine(wanted: Request) -> None:
    model = ModelDirectory.load(wanted.out)
    losses: list[float] = []
    with closing(Runtime(model, "fp32")) as runtime:
        for ids in (line.sequence[0] for line in wanted.packed.held_out):
            rows = [runtime.start(ids[:1]), *(runtime.append(ids[1:-1]) if len(ids) > 2 else ())]
            for row, token in zip(rows, ids[1:], strict=True):
                scores = row.astype(np.float64)
                losses.append(
                    float(np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[token])
                )
    assert len(losses) == wanted.packed.held_out_tokens
    metrics = json.loads((wanted.out / "counsel.json").read_text())["metrics"]
    assert metrics["validation_loss"] == pytest.approx(np.mean(losses), rel=1e-4)
    assert metrics["validation_perplexity"] == pytest.approx(math.exp(np.mean(losses)), rel=1e-3)


@pytest.mark.usefixtures("events")
def test_counsel_train_starts_from_it(wanted: Request, tmp_path: Path) -> None:
    seen: list[Event] = []
    data = read_data([write_csv(tmp_path / "rows.csv", [(*row[:2], "네") for row in example_rows()])])
    base = open_base(str(wanted.out))
    out = tmp_path / "tuned"
    fine_tune(FineTuning(data, out, base, "tiny", Settings(epochs=1, max_steps=1), 0.0, 0.0), seen.append)
    tuned = ModelDirectory.load(out)
    assert set(tuned.labels) == {label for label, _, _ in example_rows()}
    assert tuned.card["training"]["base"] == ModelDirectory.load(wanted.out).identity
    assert tuned.codec.tokenizer.to_str() == base.codec.tokenizer.to_str()


@pytest.mark.usefixtures("events")
def test_what_another_pretraining_keeps_is_not_deleted(wanted: Request) -> None:
    kept = sorted(wanted.run_folder.iterdir())
    with locked(wanted.run_folder), pytest.raises(CounselError, match=r"model\.run.*--out"):
        pretrain(wanted, lambda _: None, overwrite=True)
    assert sorted(wanted.run_folder.iterdir()) == kept


def test_a_base_goes_on_learning_with_its_own_tokenizer(wanted: Request, tmp_path: Path) -> None:
    base = open_base(str(FIXTURES / "tiny-gpt2"))
    packed = pack(wanted.corpus, base.codec, 0, 16, 0.0, 0, lambda _: None)
    seen: list[Event] = []
    gently = replace(wanted.settings, epochs=1, max_steps=1, learning_rate=1e-9)
    pretrain(
        replace(
            wanted, base=base, packed=packed, out=tmp_path / "out", settings=gently, validation_share=0.0
        ),
        seen.append,
    )
    before, after = base.tensors(), open_base(str(tmp_path / "out")).tensors()
    for name, tensor in after.items():
        np.testing.assert_allclose(tensor, before[name], atol=1e-5)
    card = ModelDirectory.load(tmp_path / "out").card
    assert "validation_perplexity" not in card["metrics"]
    assert card["training"]["base"] == base.identity
