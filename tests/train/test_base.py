"""Checkpoints in every format, and what is said of those whose parts do not fit."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from engine import language
from engine.errors import CounselError
from engine.model_directory import SHIPPED, ModelDirectory
from tests.train.checkpoints import FORMATS, TINY, copy_checkpoint
from train.base import open_base
from train.model import GPT2

EXPECTED = np.load(TINY / "expected.npz")


@pytest.mark.parametrize("name", FORMATS)
def test_logits_are_those_of_the_library_that_saved_it(
    name: str, tmp_path: Path, tiny: ModelDirectory
) -> None:
    base = open_base(str(copy_checkpoint(name, tmp_path / "base")))
    model = GPT2(base.geometry)
    model.assign(base.tensors())
    expected = EXPECTED["logits"]
    if (
        name == "torch-views"
    ):  # rounded when it was saved, so the same weights are rounded here, by another library
        rounded = GPT2(base.geometry)
        kinds = {"transformer.wpe.weight": np.float16, "transformer.ln_f.weight": np.float64}
        stored = {key: tiny.weights.tensor(key) for key in tiny.geometry.shapes()}
        rounded.assign(
            {
                key: array.astype(kinds.get(key, ml_dtypes.bfloat16)).astype(np.float32)
                for key, array in stored.items()
            }
        )
        expected = rounded.logits(rounded(EXPECTED["ids"]))
    np.testing.assert_allclose(model.logits(model(EXPECTED["ids"])), expected, atol=1e-4)


def test_a_directory_of_ours_keeps_its_name_and_labels() -> None:
    base, model = open_base(str(SHIPPED)), ModelDirectory.load(SHIPPED)
    assert base.identity == model.identity
    assert base.labels == model.labels
    assert base.codec.template == model.codec.template
    for name, tensor in base.tensors().items():
        np.testing.assert_array_equal(tensor, model.weights.tensor(name))


def test_the_identity_is_the_weights(tmp_path: Path) -> None:
    folders = [copy_checkpoint("safetensors-shards", tmp_path / name) for name in "ab"]
    first, second = (open_base(str(folder)).identity.split("@") for folder in folders)
    assert first[0] == "a"
    assert first[1] == second[1]
    shard = max(folders[1].glob("model-*"))
    save_file({name: array + 1 for name, array in load_file(shard).items()}, shard)
    assert open_base(str(folders[1])).identity.split("@")[1] != first[1]


def test_safetensors_come_first(tmp_path: Path) -> None:
    folder = copy_checkpoint("torch-zip", tmp_path / "base")
    shutil.copy(TINY / "model.safetensors", folder)
    assert [file.name for file in open_base(str(folder)).weights.files] == ["model.safetensors"]


def test_a_tokenizer_from_elsewhere(tmp_path: Path) -> None:
    """As for the published recipe, whose `model.save_pretrained('chatbot')` saves no tokenizer."""
    folder = copy_checkpoint("keras", tmp_path / "chatbot", tokenizer=False)
    assert open_base(str(folder), tokenizer=str(TINY)).codec.vocab_size == 320
    said = _refused(folder)
    assert "--tokenizer" in said
    assert "save_pretrained" in said


def test_vocabulary_and_merges_are_converted(tmp_path: Path) -> None:
    folder = copy_checkpoint("flax", tmp_path / "base", tokenizer=False)
    tokenizer = json.loads((TINY / "tokenizer.json").read_text())
    vocabulary = {
        **tokenizer["model"]["vocab"],
        **{token["content"]: token["id"] for token in tokenizer["added_tokens"]},
    }
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    specials = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "</s>")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "GPT2Tokenizer", **specials})
    )
    codec = open_base(str(folder)).codec
    assert codec.question_id == vocabulary["<unused0>"]
    assert codec.tokenizer.id_to_token(codec.eos_id) == "</s>"


def test_special_ids_that_nobody_contradicts_are_let_be(tmp_path: Path) -> None:
    """As on KoGPT2's page: <s> begins a text there, </s> in our template, and no tokenizer's file says which."""
    ids: dict[str, Any] = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 3}
    base = open_base(str(copy_checkpoint("torch-pickle", tmp_path / "base", **ids)))
    assert base.codec.bos_id == base.codec.eos_id == 1


def _refused(folder: Path | str, *arguments: Any) -> str:
    """Return the one line that a bad checkpoint gets, which exists in both languages."""
    lines = []
    languages: tuple[language.Language, ...] = ("en", "ko")  # Korean last: all other tests expect it
    for chosen in languages:
        language.choose(chosen)
        with pytest.raises(CounselError) as caught:
            open_base(str(folder), *arguments).tensors()
        lines.append(str(caught.value))
    assert "\n" not in "".join(lines)
    assert lines[0] != lines[1]
    return lines[0]


def _change(change: Callable[[dict[str, Any]], None], tmp_path: Path, **config: Any) -> Path:
    """Return a checkpoint with other tensors."""
    folder = tmp_path / "base"
    shutil.copytree(TINY, folder)
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")
    content = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**content, **config}))
    return folder


EMBEDDING = "transformer.wte.weight"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda tensors: tensors.pop("transformer.h.1.ln_2.bias"),
            "lacks the tensor transformer.h.1.ln_2.bias",
        ),
        (lambda tensors: tensors.update({EMBEDDING: tensors[EMBEDDING][:-1]}), "(319, 32)"),
        (lambda tensors: tensors.update({EMBEDDING: tensors[EMBEDDING].astype(np.int8)}), "int8"),
        (lambda tensors: tensors[EMBEDDING].__setitem__((7, 7), np.nan), "NaN"),
        (lambda tensors: tensors.update({"lm_head.weight": tensors[EMBEDDING] + 1}), "tie_word_embeddings"),
    ],
)
def test_tensors_that_do_not_fit(change: Callable[[dict[str, Any]], None], said: str, tmp_path: Path) -> None:
    assert said in _refused(_change(change, tmp_path))


def test_a_head_that_is_the_embedding_is_tied(tmp_path: Path) -> None:
    folder = _change(lambda tensors: tensors.update({"lm_head.weight": tensors[EMBEDDING].copy()}), tmp_path)
    assert "lm_head.weight" not in open_base(str(folder)).tensors()


@pytest.mark.parametrize(
    ("files", "config", "said"),
    [
        ({}, {"eos_token_id": 320}, "eos_token_id is 320"),
        ({}, {"pad_token_id": -1}, "pad_token_id is -1"),
        ({}, {"bos_token_id": "1"}, "bos_token_id is '1'"),
        ({"tokenizer_config.json": {"eos_token": "<pad>"}}, {}, "eos_token_id is 1"),
        ({"special_tokens_map.json": {"bos_token": {"content": "<s>"}}}, {}, "<s> (0)"),
        ({"tokenizer_config.json": {"pad_token": "<nowhere>"}}, {"pad_token_id": 2}, "<nowhere> (None)"),
    ],
)
def test_special_ids_that_differ(
    files: dict[str, Any], config: dict[str, Any], said: str, tmp_path: Path
) -> None:
    folder = _change(lambda _: None, tmp_path, **config)
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    assert said in _refused(folder)


def test_special_ids_that_agree(tmp_path: Path) -> None:
    folder = _change(lambda _: None, tmp_path, pad_token_id=2)
    stated = {"bos_token": "</s>", "eos_token": {"content": "</s>"}, "pad_token": "<pad>", "unk_token": None}
    (folder / "tokenizer_config.json").write_text(json.dumps(stated))
    assert open_base(str(folder)).codec.pad_id == 2


def test_tokenizers_that_do_not_fit(tmp_path: Path) -> None:
    folder = _change(lambda _: None, tmp_path)
    tokenizer = Tokenizer.from_file(str(TINY / "tokenizer.json"))
    tokenizer.add_tokens([f"[{number}]" for number in range(100)])
    tokenizer.save(str(folder / "tokenizer.json"))
    assert "420 tokens" in _refused(folder)
    state = json.loads((TINY / "tokenizer.json").read_text())
    state["added_tokens"] = [token for token in state["added_tokens"] if token["content"] != "<unused2>"]
    del state["model"]["vocab"]["<unused2>"]
    (folder / "tokenizer.json").write_text(json.dumps(state))
    assert "<unused2>" in _refused(folder)


def test_places_where_there_is_no_checkpoint(tmp_path: Path) -> None:
    assert "config.json" in _refused(tmp_path)
    shutil.copy(TINY / "config.json", tmp_path)
    said = _refused(tmp_path)
    for name in ("model.safetensors", "pytorch_model.bin", "flax_model.msgpack", "tf_model.h5"):
        assert name in said
    assert "skt/kogpt2-base-v2" in _refused(tmp_path / "nowhere")
    assert "skt/kogpt2-base-v2" in _refused(tmp_path / "config.json")
    assert "--revision" in _refused(tmp_path, "main")
