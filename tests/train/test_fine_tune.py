"""What `counsel train` writes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from engine import CounselError, Engine, Sampling
from engine.checkpoint import sha256
from engine.model_directory import ModelDirectory
from tests.conftest import FIXTURES, LABELS, example_rows, write_csv
from train.checkpoint import check_out
from train.data import DataError, read_data
from train.fine_tune import Plan, Request, fine_tune
from train.loop import Epoch, Settings, Step


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    return Request(
        data=read_data(write_csv(tmp_path / "rows.csv", example_rows())),
        out=tmp_path / "out",
        base=None,
        size="tiny",
        settings=Settings(epochs=1, batch_size=16, learning_rate=1e-3),
        dropout=0.0,
        validation_share=0.25,
        name="",
        data_licences=(),
        precision="float32",
        keep_responses=True,
    )


def test_the_directory_is_what_the_design_says(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert names == {
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
        "tokenizer_config.json", "counsel.json", "responses.jsonl", "README.md",
    }  # fmt: skip
    card = json.loads((trained / "counsel.json").read_text())
    assert card["schema"] == 1
    assert set(card["labels"]) == set(LABELS)
    assert sum(card["labels"].values()) == 58
    assert card["trained_on"] == [
        {
            "file": "rows.csv",
            "sha256": sha256(trained.parent / "rows.csv"),
            "rows": 58,
            "validation_rows": 6,
        }
    ]
    assert card["sha256"] == {name: sha256(trained / name) for name in names - {"counsel.json"}}
    (quality,) = card["quantization"]
    assert quality["fp32_loss"] == pytest.approx(card["metrics"]["validation_loss"], rel=1e-3)
    assert (card["precision"], quality["precision"], quality["rows"]) == ("int8", "int8", 6)
    assert f"| int8 | {quality['loss']:.4f} |" in (trained / "README.md").read_text()
    responses = [json.loads(line) for line in (trained / "responses.jsonl").read_text().splitlines()]
    assert {"label": "증상/불면", "text": "잠 이야기를 더 들려주세요."} in responses
    assert len(responses) == 4


def test_real_transformers_reads_it(trained: Path) -> None:
    from transformers import AutoConfig, AutoTokenizer, GenerationConfig

    config, tokenizer = AutoConfig.from_pretrained(trained), AutoTokenizer.from_pretrained(trained)
    model = ModelDirectory.load(trained)
    assert (config.model_type, config.n_layer, config.vocab_size) == ("gpt2", 2, model.geometry.vocab_size)
    line = "</s><unused0>요즘 잠이 안 와요<unused1>증상/불면<unused2>괜찮아요</s>"
    assert (
        tokenizer.encode(line)
        == model.codec.training_sequence("요즘 잠이 안 와요", "증상/불면", "괜찮아요")[0]
    )
    assert (
        tokenizer.eos_token_id == GenerationConfig.from_pretrained(trained).eos_token_id == model.codec.eos_id
    )
    assert set(load_file(trained / "model.safetensors")) == set(model.geometry.shapes())


def test_it_reports_as_it_goes(request_: Request) -> None:
    seen: list[Plan | Step | Epoch] = []
    fine_tune(replace(request_, settings=replace(request_.settings, epochs=2)), seen.append)
    plan = seen[0]
    assert isinstance(plan, Plan)
    assert (plan.rows, plan.validation_rows, plan.labels) == (48, 16, 4)
    epochs = [event for event in seen if isinstance(event, Epoch)]
    assert [epoch.number for epoch in epochs] == [1, 2]
    assert epochs[1].loss < epochs[0].loss
    assert epochs[1].validation_loss is not None
    assert len([event for event in seen if isinstance(event, Step)]) == 2 * plan.steps_per_epoch


def test_a_base_checkpoint_is_where_training_starts(request_: Request) -> None:
    base = ModelDirectory.load(FIXTURES / "tiny-gpt2")
    nearly_nothing = replace(request_.settings, learning_rate=1e-9)
    fine_tune(replace(request_, base=base, settings=nearly_nothing), lambda _: None)
    before, after = load_file(base.path / "model.safetensors"), load_file(request_.out / "model.safetensors")
    for name, tensor in after.items():
        np.testing.assert_allclose(tensor, before[name], atol=1e-5)
    assert ModelDirectory.load(request_.out).labels.keys() == set(LABELS)


def test_a_trained_model_can_be_trained_on(request_: Request, trained: Path) -> None:
    """Half precision in between costs nothing that a person would notice."""
    gently = replace(request_.settings, learning_rate=1e-6)
    fine_tune(
        replace(request_, base=ModelDirectory.load(trained), precision="float16", settings=gently),
        lambda _: None,
    )
    assert load_file(request_.out / "model.safetensors")["transformer.wte.weight"].dtype == np.float16
    with Engine.load(request_.out) as engine:
        reply = engine.reply("요즘 잠 때문에 힘들어", sampling=Sampling(temperature=0.0))
    assert (reply.topic, reply.text) == ("증상/불면", "잠 이야기를 더 들려주세요.")


def test_without_held_out_rows_nothing_is_claimed_of_the_graph(request_: Request) -> None:
    fine_tune(replace(request_, validation_share=0.0), lambda _: None)
    card = json.loads((request_.out / "counsel.json").read_text())
    assert (card["precision"], card["quantization"]) == ("int8", [])
    assert "int8, which was not checked against fp32" in (request_.out / "README.md").read_text()


def test_a_graph_that_cannot_be_stored_costs_no_training(
    request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(request_.data.path))  # a file
    fine_tune(request_, lambda _: None)
    assert ModelDirectory.load(request_.out).card["quantization"] == []


def test_what_is_there_is_not_lost(tmp_path: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    check_out(out, overwrite=False)
    out.mkdir()
    check_out(out, overwrite=False)  # an empty folder holds nothing to lose
    (out / "diary.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(CounselError, match="out"):
            check_out(out, overwrite)
    with pytest.raises(CounselError, match="--overwrite"):
        check_out(trained, overwrite=False)
    check_out(trained, overwrite=True)
    with pytest.raises(CounselError, match=r"diary\.txt"):
        check_out(out / "diary.txt" / "model", overwrite=False)
    monkeypatch.chdir(out)
    with pytest.raises(CounselError, match="out"):
        check_out(out, overwrite=True)


def test_a_new_model_takes_the_place_of_the_old(request_: Request) -> None:
    fine_tune(request_, lambda _: None)
    fine_tune(replace(request_, name="second", keep_responses=False), lambda _: None)
    assert ModelDirectory.load(request_.out).name == "second"
    assert not (request_.out / "responses.jsonl").exists()
    assert [path.name for path in request_.out.parent.iterdir() if path.name.startswith(".")] == []


def test_a_failure_leaves_the_old_model_and_nothing_else(request_: Request) -> None:
    fine_tune(request_, lambda _: None)
    before = sha256(request_.out / "model.safetensors")
    wild = replace(request_.settings, learning_rate=1e30)
    with pytest.raises(CounselError, match="learning-rate"):
        fine_tune(replace(request_, settings=wild), lambda _: None)
    assert sha256(request_.out / "model.safetensors") == before
    assert [path.name for path in request_.out.parent.iterdir() if path.name.startswith(".")] == []


def test_labels_that_the_tokenizer_cannot_tell_apart_are_refused_at_once(
    request_: Request, tmp_path: Path
) -> None:
    data = read_data(write_csv(tmp_path / "labels.csv", [("가▁나", "안녕", "네"), ("가 나", "잘 가", "네")]))
    seen: list[object] = []
    with pytest.raises(CounselError, match=r"labels\.csv.*가"):
        fine_tune(replace(request_, data=data, validation_share=0.0), seen.append)
    assert seen == []


def test_every_label_keeps_a_row_to_learn_from(request_: Request, tmp_path: Path) -> None:
    rows = [(f"라벨{number}", f"말 {number}", "네") for number in range(20)]
    data = read_data(write_csv(tmp_path / "labels.csv", rows))
    fine_tune(replace(request_, data=data, validation_share=0.5), lambda _: None)
    assert len(ModelDirectory.load(request_.out).labels) == 20


def test_a_response_that_exceeds_the_context_is_named(request_: Request, tmp_path: Path) -> None:
    data = read_data(write_csv(tmp_path / "long.csv", [("가", "안녕", "말 " * 300)]))
    with pytest.raises(DataError, match=r"long\.csv, 2행.*말 말"):
        fine_tune(replace(request_, data=data), lambda _: None)
    data = read_data(write_csv(tmp_path / "question.csv", [("가", "안녕 " * 300, "네")]))
    fine_tune(replace(request_, data=data, validation_share=0.0), lambda _: None)  # a long question is cut


def test_a_base_with_a_head_of_its_own_is_refused(request_: Request, tmp_path: Path) -> None:
    import shutil

    from safetensors.numpy import save_file

    base = tmp_path / "base"
    shutil.copytree(FIXTURES / "tiny-gpt2", base)
    tensors = load_file(base / "model.safetensors")
    save_file(
        {**tensors, "lm_head.weight": tensors["transformer.wte.weight"] + 1}, base / "model.safetensors"
    )
    with pytest.raises(CounselError, match=r"model\.safetensors.*lm_head"):
        fine_tune(replace(request_, base=ModelDirectory.load(base)), lambda _: None)
